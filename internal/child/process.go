package child

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Process is a process of this program that runs as long as its standard input is
// open, so that it ends with this process, however that ends.
type Process struct {
	Name string
	Cmd  *exec.Cmd
	// Stdin is kept open as long as the process shall run.
	Stdin io.WriteCloser
	// Paths are its files and directories, whose size benchmarks report.
	Paths []string
	// Ready receives the first line that it prints; Ended is closed when it has ended.
	Ready chan string
	Ended chan struct{}

	// errors holds the end of its standard error; out receives its standard output.
	errors   interface{ text() string }
	out      io.Writer
	err      error // why it ended, valid once Ended is closed
	stopping atomic.Bool
}

const (
	// childStart bounds the time until a child is ready.
	childStart = 60 * time.Second
	// StopTimeout bounds the time of its drain.
	StopTimeout = 30 * time.Second
)

// Start starts a process. If it ends before Stop or Drain, died receives the error.
func Start(name, program string, args, paths []string, died chan<- error) (*Process, error) {
	stderr := &tail{}
	c := &Process{Name: name, Paths: paths, Cmd: exec.Command(program, args...), errors: stderr, out: io.Discard}
	c.Cmd.Stderr = stderr
	return c, c.start(died)
}

// StartLogged starts a process that writes to its log file directly, so that its last
// lines are logged even if this process has ended.
func StartLogged(name, program string, args []string, log *os.File) (*Process, error) {
	c := &Process{Name: name, Cmd: exec.Command(program, args...), errors: endOf(log.Name()), out: log}
	c.Cmd.Stderr = log
	return c, c.start(nil)
}

func (c *Process) start(died chan<- error) error {
	c.Ready, c.Ended = make(chan string, 1), make(chan struct{})
	// Several processes cannot listen at one address.
	c.Cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PARLEY_HEALTH=") })
	// A Ctrl-C in the terminal is sent to this process only, which ends its
	// children in order.
	c.Cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := c.Cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("starting %s: %w", c.Name, err)
	}
	stdout, err := c.Cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("starting %s: %w", c.Name, err)
	}
	if err := c.Cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", c.Name, err)
	}
	c.Stdin = stdin
	go c.follow(stdout, died)
	return nil
}

// follow reads the child's output and waits for its end.
func (c *Process) follow(stdout io.Reader, died chan<- error) {
	lines := bufio.NewScanner(io.TeeReader(stdout, c.out))
	if lines.Scan() {
		c.Ready <- lines.Text()
	}
	_, _ = io.Copy(c.out, stdout)
	if err := c.Cmd.Wait(); err != nil {
		c.err = fmt.Errorf("%s ended with %w: %s", c.Name, err, c.errors.text())
	}
	close(c.Ended)
	if !c.stopping.Load() {
		select {
		case died <- errors.Join(fmt.Errorf("%s ended unexpectedly", c.Name), c.err):
		default:
		}
	}
}

// AwaitReady returns the line that the child prints when it is ready.
func (c *Process) AwaitReady(ctx context.Context) (string, error) {
	late := time.NewTimer(childStart)
	defer late.Stop()
	select {
	case line := <-c.Ready:
		return line, nil
	case <-c.Ended:
		return "", fmt.Errorf("%s did not start: %s", c.Name, c.errors.text())
	case <-late.C:
		return "", fmt.Errorf("%s was not ready within %v: %s", c.Name, childStart, c.errors.text())
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// Stop drains the child, and kills it after [StopTimeout].
func (c *Process) Stop() error {
	c.stopping.Store(true)
	c.Stdin.Close()
	return c.awaitEnd()
}

// Drain is [Process.Stop], except that the child exits immediately if this process
// ends before the drain has.
func (c *Process) Drain() error {
	c.stopping.Store(true)
	defer c.Stdin.Close()
	c.requestDrain()
	return c.awaitEnd()
}

// requestDrain makes the child drain, and exit immediately when its standard input ends.
func (c *Process) requestDrain() { _, _ = c.Stdin.Write([]byte{'\n'}) } // it may just have ended

func (c *Process) awaitEnd() error {
	late := time.NewTimer(StopTimeout)
	defer late.Stop()
	select {
	case <-c.Ended:
		return c.err
	case <-late.C:
		_ = c.Cmd.Process.Kill() // it may just have ended
		<-c.Ended
		return fmt.Errorf("%s did not drain within %v and was killed", c.Name, StopTimeout)
	}
}

// How describes for people how it ended.
func (c *Process) How() string {
	status, ok := c.Cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return fmt.Sprintf("signal %d (%v)", int(status.Signal()), status.Signal())
	}
	return "exit " + strconv.Itoa(c.Cmd.ProcessState.ExitCode())
}

// Run runs a command to its end.
func Run(ctx context.Context, program string, args ...string) error {
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("parley %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// LastOutput returns the end of its standard error.
func (c *Process) LastOutput() string { return c.errors.text() }
