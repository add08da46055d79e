package proc

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

// Process is a command that runs until it is stopped.
type Process struct {
	t    testing.TB
	name string
	cmd  *exec.Cmd
	log  io.Writer // nil: nowhere
	// done is closed when it has ended.
	done chan struct{}

	mu    sync.Mutex
	lines []string
	more  chan struct{} // closed and renewed when a line is added
}

// Options are how a command is started, and where its lines go.
type Options struct {
	// Dir is its working directory, and Env what its environment has besides
	// [Environment].
	Dir string
	Env []string
	// Within is the time that a command has which is run to its end; 0 means
	// [Patience].
	Within time.Duration
	// Start starts it, on another host for example; nil means (*exec.Cmd).Start.
	Start func(*exec.Cmd) error
	// Log gets every line that it prints, which a failed test then does not
	// print itself.
	Log io.Writer
}

func (o Options) apply(cmd *exec.Cmd) {
	cmd.Dir, cmd.Env = o.Dir, append(Environment(), o.Env...)
}

// Launch starts any command in [Environment]; the test ends it, if nobody else
// does.
func Launch(t testing.TB, argv ...string) *Process {
	t.Helper()
	return LaunchBy(t, Options{}, argv...)
}

// LaunchBy is [Launch] with options.
func LaunchBy(t testing.TB, o Options, argv ...string) *Process {
	t.Helper()
	p := &Process{t: t, name: strings.Join(argv, " "), cmd: exec.Command(argv[0], argv[1:]...), log: o.Log, done: make(chan struct{}), more: make(chan struct{})}
	o.apply(p.cmd)
	p.cmd.SysProcAttr = attributes()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = write, write
	if o.Start == nil {
		o.Start = (*exec.Cmd).Start
	}
	if err := o.Start(p.cmd); err != nil {
		t.Fatal(err)
	}
	write.Close()
	go p.follow(read)
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() && p.log == nil {
			t.Logf("%s printed:\n%s", p.name, p.Output())
		}
	})
	return p
}

func (p *Process) follow(r io.ReadCloser) {
	for s := bufio.NewScanner(r); s.Scan(); {
		if p.log != nil {
			_, _ = io.WriteString(p.log, s.Text()+"\n") // for people only
		}
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

// Await returns the first line that matches.
// The test fails if it ends without.
func (p *Process) Await(pattern string) string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	late := time.After(Patience)
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
			p.t.Fatalf("%s did not print %q within %v", p.name, pattern, Patience)
		}
	}
}

// URL returns where NATS listens, from its output.
func (p *Process) URL() string {
	p.t.Helper()
	line := p.Await(`NATS listens on nats://`)
	return regexp.MustCompile(`nats://[0-9.:]+`).FindString(line)
}

// Signal sends a signal, which must arrive.
func (p *Process) Signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("%s: %v: %v", p.name, s, err)
	}
}

// Interrupt is Ctrl-C; it returns the exit code.
func (p *Process) Interrupt() int {
	p.t.Helper()
	p.Signal(syscall.SIGINT)
	return p.Wait()
}

// Stop ends it as an operator does and holds it to that.
func (p *Process) Stop() {
	p.t.Helper()
	if code := p.Interrupt(); code != ExitOK {
		p.t.Errorf("%s: exit %d after Ctrl-C, want 0", p.name, code)
	}
}

// Wait waits for its end and returns the exit code, -1 if it was killed.
func (p *Process) Wait() int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(Patience):
		p.t.Fatalf("%s did not end within %v", p.name, Patience)
		return -1
	}
}

// AwaitKilled waits until the process was ended by SIGKILL.
func (p *Process) AwaitKilled() {
	p.t.Helper()
	p.Wait()
	if s, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGKILL {
		p.t.Fatalf("%s ended with %v, want SIGKILL", p.name, p.cmd.ProcessState)
	}
}

// Kill ends it by SIGKILL and waits for that.
func (p *Process) Kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL) // it may have ended
	<-p.done
}

// Ended reports whether it has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// AwaitHeld waits until the process stands still at the step that --hold-at
// names.
func (p *Process) AwaitHeld(point string) { p.t.Helper(); p.Await("^held at " + point + "$") }

// Release lets a process go on that stands still. The signal is repeated, since
// one that comes before the process has stopped is lost.
func (p *Process) Release() {
	p.t.Helper()
	Eventually(p.t, Patience, "going on", func() error {
		if strings.Contains(p.Output(), "\nreleased from ") {
			return nil
		}
		p.Signal(syscall.SIGCONT)
		return errors.New("it stands still")
	})
}

// Output is what it printed so far, each line after a line end.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return "\n" + strings.Join(p.lines, "\n")
}

// OneMore waits until the process prints something or ends.
func (p *Process) OneMore() {
	p.mu.Lock()
	more := p.more
	p.mu.Unlock()
	select {
	case <-more:
	case <-p.done:
	case <-time.After(Poll): // it may have printed before
	}
}

// Lines are what it printed so far.
func (p *Process) Lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines)
}

// Done is closed when it has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Name is its command line.
func (p *Process) Name() string { return p.name }

// PID is its process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }
