package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "parley-test-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "parley")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building parley: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// patience bounds every wait; on a healthy machine nothing comes near it.
const patience = 60 * time.Second

// environment is that of a person who has set nothing for Parley.
func environment() (env []string) {
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "PARLEY_") {
			env = append(env, e)
		}
	}
	return env
}

// parley runs a command to its end.
func parley(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = environment(), &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("parley %s: %v\n%s", strings.Join(args, " "), err, &errs)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// parleyJSON runs a command with --json and decodes what it prints.
func parleyJSON[T any](t *testing.T, wantCode int, args ...string) (v T) {
	t.Helper()
	out, errs, code := parley(t, append(args, "--json")...)
	if code != wantCode {
		t.Fatalf("parley %s: exit %d, want %d\n%s%s", strings.Join(args, " "), code, wantCode, out, errs)
	}
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("parley %s: %v in %q", strings.Join(args, " "), err, out)
	}
	return v
}

// process is a command that runs until it is stopped.
type process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	// done is closed when it has ended.
	done chan struct{}

	mu    sync.Mutex
	lines []string
	more  chan struct{} // closed and renewed when a line is added
}

// start starts a command; the test ends it if nobody else does.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: "parley " + strings.Join(args, " "), cmd: exec.Command(binary, args...), done: make(chan struct{}), more: make(chan struct{})}
	p.cmd.Env = environment()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = write, write
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	go p.follow(read)
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s printed:\n%s", p.name, p.output())
		}
	})
	return p
}

func (p *process) follow(r io.ReadCloser) {
	for s := bufio.NewScanner(r); s.Scan(); {
		p.mu.Lock()
		p.lines = append(p.lines, s.Text())
		close(p.more)
		p.more = make(chan struct{})
		p.mu.Unlock()
	}
	r.Close()
	_ = p.cmd.Wait() // how it ended is in ProcessState
	close(p.done)
}

// await returns the first line that matches.
func (p *process) await(pattern string) string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	late := time.After(patience)
	for n, ended := 0, false; ; {
		p.mu.Lock()
		lines, more := p.lines[n:], p.more
		p.mu.Unlock()
		for _, l := range lines {
			if re.MatchString(l) {
				return l
			}
		}
		n += len(lines)
		if ended {
			p.t.Fatalf("%s ended without printing %q", p.name, pattern)
		}
		select {
		case <-more:
		case <-p.done:
			ended = true
		case <-late:
			p.t.Fatalf("%s did not print %q within %v", p.name, pattern, patience)
		}
	}
}

// url is where it says that NATS listens.
func (p *process) url() string {
	p.t.Helper()
	line := p.await(`NATS listens on nats://`)
	return regexp.MustCompile(`nats://[0-9.:]+`).FindString(line)
}

// interrupt is Ctrl-C; it returns the exit code.
func (p *process) interrupt() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	return p.wait()
}

func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatalf("%s did not end within %v", p.name, patience)
		return -1
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL) // it may have ended
	<-p.done
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}
