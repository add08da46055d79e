package docker

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/test/proc"
)

const (
	// patience bounds a wait for containers. Starting all of them takes half a
	// minute on a machine that does nothing else, most of it the health checks'
	// intervals.
	patience = 5 * time.Minute
	// buildPatience bounds a build, which compiles every module from source.
	buildPatience = 30 * time.Minute
)

// engine is a Docker engine that nobody else uses.
type engine struct {
	testing.TB
	process *proc.Process
	// pid is dockerd, as this machine numbers processes.
	pid int
	// project is the command line of docker-compose.
	project []string
	// setenv sets a variable of the environment until the test ends.
	setenv func(key, value string)
}

// startEngine starts it, and stops it when the test ends.
func startEngine(t *testing.T) *engine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("a separate Docker engine requires root: run this test as root")
	}
	for _, program := range []string{"dockerd", "docker", "unshare", "nsenter", "ip"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v: install Docker's engine and docker-compose, on Debian by `make deps`", err)
		}
	}
	// A socket's path must be short, which a test's directory is not.
	dir, err := os.MkdirTemp("", "dockerd-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	in := func(name string) string { return filepath.Join(dir, name) }
	t.Setenv("DOCKER_HOST", "unix://"+in("sock"))
	t.Setenv("DOCKER_CONTEXT", "")
	t.Setenv("DOCKER_CONFIG", in("config"))
	// A client may lack BuildKit.
	t.Setenv("DOCKER_BUILDKIT", "0")
	log, err := os.Create(in("log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	e := &engine{TB: t, setenv: t.Setenv, process: proc.LaunchBy(
		t, proc.Options{Log: log}, "unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--",
		"sh", "-c", `ip link set lo up && exec dockerd "$@"`, "dockerd",
		"--host", "unix://"+in("sock"), "--data-root", in("data"), "--exec-root", in("exec"), "--pidfile", in("pid"), "--log-level", "warn",
	)}
	e.findCompose()
	proc.Eventually(t, patience, "starting dockerd", func() error {
		if e.process.Ended() {
			reasons, _ := os.ReadFile(log.Name()) // it ended, with or without reasons
			t.Fatalf("dockerd ended:\n%s", reasons)
		}
		if out, code := e.try("docker", "version"); code != 0 {
			return fmt.Errorf("docker version: exit %d\n%s", code, out)
		}
		return nil
	})
	e.pid = child(t, e.process.PID())
	t.Cleanup(e.stop)
	return e
}

// with returns the engine for a subtest.
func (e *engine) with(t *testing.T) *engine {
	sub := *e
	sub.TB, sub.setenv = t, t.Setenv
	return &sub
}

// findCompose finds docker-compose, of version 2 or 1.
func (e *engine) findCompose() {
	e.Helper()
	e.project = []string{"docker", "compose"}
	if _, code := e.try("docker", "compose", "version"); code != 0 {
		e.project = []string{"docker-compose"}
	}
	e.project = append(e.project, "--project-name", "parley", "--file", filepath.Join(root, "docker-compose.yml"))
}

// stop ends it in order, so that nothing of it stays mounted.
func (e *engine) stop() {
	if err := syscall.Kill(e.pid, syscall.SIGTERM); err != nil {
		e.Errorf("stopping dockerd: %v", err)
	}
	if code := e.process.Wait(); code != 0 {
		e.Errorf("dockerd: exit %d", code)
	}
}

// child is the one process that a process has started.
func child(t testing.TB, pid int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		t.Fatalf("the children of process %d: %v", pid, err)
	}
	return n
}

// try runs a command, which may fail, and returns everything that it prints.
func (e *engine) try(argv ...string) (output string, code int) {
	e.Helper()
	out, errs, code := proc.RunBy(e, proc.Options{Within: patience}, argv...)
	return out + errs, code
}

// run runs a command, which must succeed, and returns its standard output.
func (e *engine) run(argv ...string) string {
	e.Helper()
	stdout, _ := e.must(patience, argv)
	return stdout
}

// build runs a command that builds an image, which must succeed, and returns
// everything that it prints.
func (e *engine) build(argv ...string) (output string) {
	e.Helper()
	stdout, stderr := e.must(buildPatience, argv)
	return stdout + stderr
}

func (e *engine) must(within time.Duration, argv []string) (stdout, stderr string) {
	e.Helper()
	out, errs, code := proc.RunBy(e, proc.Options{Within: within}, argv...)
	if code != 0 {
		e.Fatalf("%s: exit %d\n%s%s", strings.Join(argv, " "), code, out, errs)
	}
	return out, errs
}

// docker runs a command of docker.
func (e *engine) docker(args ...string) string {
	e.Helper()
	return e.run(append([]string{"docker"}, args...)...)
}

// compose runs a command of docker-compose.
func (e *engine) compose(args ...string) string {
	e.Helper()
	return e.run(append(slices.Clone(e.project), args...)...)
}

// onHost is a command line that runs on the engine's machine, which is what this
// one is to any other engine.
func (e *engine) onHost(argv ...string) []string {
	return append([]string{"nsenter", "--target", strconv.Itoa(e.pid), "--net", "--pid", "--"}, argv...)
}
