package docker

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"parley/test/proc"
)

// engine is a Docker engine that nobody else uses.
type engine struct {
	testing.TB
	process *proc.Process
	// pid is dockerd, as this machine numbers processes.
	pid int
	// project is the command line of docker-compose.
	project []string
}

// startEngine starts it, and stops it when the test ends.
func startEngine(t testing.TB) *engine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("a Docker engine of its own takes root: run this test as root")
	}
	for _, program := range []string{"dockerd", "docker", "unshare", "nsenter", "ip"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v: install Docker's engine and docker-compose, on Debian by tools/deps-docker", err)
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
	// A test's engine may have a client without the newer builder.
	t.Setenv("DOCKER_BUILDKIT", "0")
	log, err := os.Create(in("log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	e := &engine{TB: t, process: proc.LaunchBy(
		t, proc.Options{Log: log}, "unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--",
		"sh", "-c", `ip link set lo up && exec dockerd "$@"`, "dockerd",
		"--host", "unix://"+in("sock"), "--data-root", in("data"), "--exec-root", in("exec"), "--pidfile", in("pid"), "--log-level", "warn",
	)}
	e.compose(t)
	proc.Eventually(t, proc.Patience, "starting dockerd", func() error {
		if e.process.Ended() {
			said, _ := os.ReadFile(log.Name()) // it ended, with or without reasons
			t.Fatalf("dockerd ended:\n%s", said)
		}
		_, errs, code := proc.Run(t, "docker", "version")
		if code != 0 {
			return fmt.Errorf("docker version: exit %d\n%s", code, errs)
		}
		return nil
	})
	e.pid = child(t, e.process.PID())
	t.Cleanup(e.stop)
	return e
}

// compose finds docker-compose, of version 2 or 1.
func (e *engine) compose(t testing.TB) {
	t.Helper()
	e.project = []string{"docker", "compose"}
	if _, _, code := proc.Run(t, "docker", "compose", "version"); code != 0 {
		e.project = []string{"docker-compose"}
	}
	e.project = append(e.project, "--project-name", "parley", "--file", "../../docker-compose.yml")
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

// run runs a command, which must succeed, and returns what it prints.
func (e *engine) run(argv ...string) string {
	e.Helper()
	out, errs, code := proc.Run(e, argv...)
	if code != 0 {
		e.Fatalf("%s: exit %d\n%s%s", strings.Join(argv, " "), code, out, errs)
	}
	return out
}

// docker runs a command of docker.
func (e *engine) docker(args ...string) string {
	e.Helper()
	return e.run(append([]string{"docker"}, args...)...)
}

// up, down and so on are commands of docker-compose.
func (e *engine) do(args ...string) string {
	e.Helper()
	return e.run(append(append([]string{}, e.project...), args...)...)
}

// beside is a command line that runs on the engine's machine, as this one would
// be to an engine of its own.
func (e *engine) beside(argv ...string) []string {
	return append([]string{"nsenter", "--target", strconv.Itoa(e.pid), "--net", "--pid", "--"}, argv...)
}
