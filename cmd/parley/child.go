package main

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

// child is a process of this program that lives as long as its standard input
// is open: it ends with this process, however that ends.
type child struct {
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	// paths are its files, to weigh them.
	paths []string

	// errors is what it said last on standard error, and out takes what it
	// prints.
	errors   interface{ text() string }
	out      io.Writer
	ready    chan string // the first line it prints
	ended    chan struct{}
	err      error // how it ended, once ended is closed
	stopping atomic.Bool
}

const (
	// childStart bounds how long a child may take to be ready.
	childStart = 60 * time.Second
	// childStop bounds how long it may take to drain.
	childStop = 30 * time.Second
)

// startChild starts a process. If it ends before stop, died is told.
func startChild(name, program string, args, paths []string, died chan<- error) (*child, error) {
	said := &tail{}
	c := &child{name: name, paths: paths, cmd: exec.Command(program, args...), errors: said, out: io.Discard}
	c.cmd.Stderr = said
	return c, c.start(died)
}

// startLogged starts a process that writes its log to a file itself, so that it
// can still say how it ends when this process is gone.
func startLogged(name, program string, args []string, log *os.File) (*child, error) {
	c := &child{name: name, cmd: exec.Command(program, args...), errors: endOf(log.Name()), out: log}
	c.cmd.Stderr = log
	return c, c.start(nil)
}

func (c *child) start(died chan<- error) error {
	c.ready, c.ended = make(chan string, 1), make(chan struct{})
	// One address is not for several processes.
	c.cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PARLEY_HEALTH=") })
	// A Ctrl-C in the terminal goes to this process alone, which ends its
	// children in order.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("starting %s: %w", c.name, err)
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("starting %s: %w", c.name, err)
	}
	if err := c.cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", c.name, err)
	}
	c.stdin = stdin
	go c.follow(stdout, died)
	return nil
}

// follow reads the child's output and its end.
func (c *child) follow(stdout io.Reader, died chan<- error) {
	lines := bufio.NewScanner(io.TeeReader(stdout, c.out))
	if lines.Scan() {
		c.ready <- lines.Text()
	}
	_, _ = io.Copy(c.out, stdout)
	if err := c.cmd.Wait(); err != nil {
		c.err = fmt.Errorf("%s ended with %w: %s", c.name, err, c.errors.text())
	}
	close(c.ended)
	if !c.stopping.Load() {
		select {
		case died <- errors.Join(fmt.Errorf("%s ended by itself", c.name), c.err):
		default:
		}
	}
}

// awaitReady is the line in which the child says that it is ready.
func (c *child) awaitReady(ctx context.Context) (string, error) {
	late := time.NewTimer(childStart)
	defer late.Stop()
	select {
	case line := <-c.ready:
		return line, nil
	case <-c.ended:
		return "", fmt.Errorf("%s did not start: %s", c.name, c.errors.text())
	case <-late.C:
		return "", fmt.Errorf("%s was not ready within %v: %s", c.name, childStart, c.errors.text())
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// stop lets the child drain, or ends it.
func (c *child) stop() error {
	c.stopping.Store(true)
	c.stdin.Close()
	return c.awaitEnd()
}

// drain is [child.stop], except that the child exits at once when this process
// ends before it has drained.
func (c *child) drain() error {
	c.stopping.Store(true)
	defer c.stdin.Close()
	c.ask()
	return c.awaitEnd()
}

// ask has the child drain, and exit at once when its standard input ends.
func (c *child) ask() { _, _ = c.stdin.Write([]byte{'\n'}) } // it may have ended this moment

func (c *child) awaitEnd() error {
	late := time.NewTimer(childStop)
	defer late.Stop()
	select {
	case <-c.ended:
		return c.err
	case <-late.C:
		_ = c.cmd.Process.Kill() // it may have ended this moment
		<-c.ended
		return fmt.Errorf("%s did not drain within %v and was killed", c.name, childStop)
	}
}

// how is how it ended, for people.
func (c *child) how() string {
	status, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return fmt.Sprintf("signal %d (%v)", int(status.Signal()), status.Signal())
	}
	return "exit " + strconv.Itoa(c.cmd.ProcessState.ExitCode())
}

// runChild runs a command to its end.
func runChild(ctx context.Context, program string, args ...string) error {
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("parley %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
