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

// Process is a process of this program that lives as long as its standard input
// is open: it ends with this process, however that ends.
type Process struct {
	Name string
	Cmd  *exec.Cmd
	// Stdin is open as long as the process is to run.
	Stdin io.WriteCloser
	// Paths are its files, to weigh them.
	Paths []string
	// Ready gets the first line that it prints, Ended is closed when it has ended.
	Ready chan string
	Ended chan struct{}

	// errors is what it said last on standard error, and out takes what it prints.
	errors   interface{ text() string }
	out      io.Writer
	err      error // how it ended, once ended is closed
	stopping atomic.Bool
}

const (
	// childStart bounds how long a child may take to be ready.
	childStart = 60 * time.Second
	// StopTimeout bounds how long it may take to drain.
	StopTimeout = 30 * time.Second
)

// Start starts a process. If it ends before stop, died is told.
func Start(name, program string, args, paths []string, died chan<- error) (*Process, error) {
	said := &tail{}
	c := &Process{Name: name, Paths: paths, Cmd: exec.Command(program, args...), errors: said, out: io.Discard}
	c.Cmd.Stderr = said
	return c, c.start(died)
}

// StartLogged starts a process that writes its log to a file itself, so that it
// can still say how it ends when this process is gone.
func StartLogged(name, program string, args []string, log *os.File) (*Process, error) {
	c := &Process{Name: name, Cmd: exec.Command(program, args...), errors: endOf(log.Name()), out: log}
	c.Cmd.Stderr = log
	return c, c.start(nil)
}

func (c *Process) start(died chan<- error) error {
	c.Ready, c.Ended = make(chan string, 1), make(chan struct{})
	// One address is not for several processes.
	c.Cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PARLEY_HEALTH=") })
	// A Ctrl-C in the terminal goes to this process alone, which ends its
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

// follow reads the child's output and its end.
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
		case died <- errors.Join(fmt.Errorf("%s ended by itself", c.Name), c.err):
		default:
		}
	}
}

// AwaitReady is the line in which the child says that it is ready.
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

// Stop lets the child drain, or ends it.
func (c *Process) Stop() error {
	c.stopping.Store(true)
	c.Stdin.Close()
	return c.awaitEnd()
}

// Drain is [Process.Stop], except that the child exits at once when this process
// ends before it has drained.
func (c *Process) Drain() error {
	c.stopping.Store(true)
	defer c.Stdin.Close()
	c.ask()
	return c.awaitEnd()
}

// ask has the child drain, and exit at once when its standard input ends.
func (c *Process) ask() { _, _ = c.Stdin.Write([]byte{'\n'}) } // it may have ended this moment

func (c *Process) awaitEnd() error {
	late := time.NewTimer(StopTimeout)
	defer late.Stop()
	select {
	case <-c.Ended:
		return c.err
	case <-late.C:
		_ = c.Cmd.Process.Kill() // it may have ended this moment
		<-c.Ended
		return fmt.Errorf("%s did not drain within %v and was killed", c.Name, StopTimeout)
	}
}

// How is how it ended, for people.
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

// Said is what it said last on standard error.
func (c *Process) Said() string { return c.errors.text() }
