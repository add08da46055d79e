package e2e

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a command that runs until it is stopped.
type process struct {
	t    testing.TB
	name string
	cmd  *exec.Cmd
	// done is closed when it has ended.
	done chan struct{}

	mu    sync.Mutex
	lines []string
	more  chan struct{} // closed and renewed when a line is added
}

// start starts a command of the program; the test ends it, if nobody else does.
func start(t testing.TB, args ...string) *process {
	t.Helper()
	return launch(t, append([]string{binary}, args...)...)
}

func launch(t testing.TB, argv ...string) *process {
	t.Helper()
	p := &process{t: t, name: strings.Join(argv, " "), cmd: exec.Command(argv[0], argv[1:]...), done: make(chan struct{}), more: make(chan struct{})}
	p.cmd.Env, p.cmd.SysProcAttr = environment(), attributes()
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

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("%s: %v: %v", p.name, s, err)
	}
}

// interrupt is Ctrl-C; it returns the exit code.
func (p *process) interrupt() int {
	p.t.Helper()
	p.signal(syscall.SIGINT)
	return p.wait()
}

// stop ends it as an operator does and holds it to that.
func (p *process) stop() {
	p.t.Helper()
	if code := p.interrupt(); code != exitOK {
		p.t.Errorf("%s: exit %d after Ctrl-C, want 0", p.name, code)
	}
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

// awaitKilled waits until the process was ended by SIGKILL.
func (p *process) awaitKilled() {
	p.t.Helper()
	p.wait()
	if s, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGKILL {
		p.t.Fatalf("%s ended with %v, want SIGKILL", p.name, p.cmd.ProcessState)
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL) // it may have ended
	<-p.done
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// awaitHeld waits until the process stands still at the step that --hold-at
// names.
func (p *process) awaitHeld(point string) { p.t.Helper(); p.await("^held at " + point + "$") }

// release lets a process go on that stands still. The signal is repeated, since
// one that comes before the process has stopped is lost.
func (p *process) release() {
	p.t.Helper()
	eventually(p.t, patience, "going on", func() error {
		if strings.Contains(p.output(), "\nreleased from ") {
			return nil
		}
		p.signal(syscall.SIGCONT)
		return errors.New("it stands still")
	})
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return "\n" + strings.Join(p.lines, "\n")
}

// oneMore waits until the process prints something or ends.
func (p *process) oneMore() {
	p.mu.Lock()
	more := p.more
	p.mu.Unlock()
	select {
	case <-more:
	case <-p.done:
	case <-time.After(poll): // it may have printed before
	}
}

func (p *process) snapshot() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines)
}
