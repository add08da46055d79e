package hosts

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Host is a network namespace with one device and the processes in it.
type Host struct {
	name   string
	addr   netip.Addr
	tun    *os.File
	thread *thread

	mu     sync.Mutex
	closed bool
	cmds   []*exec.Cmd
}

func newHost(name string, addr netip.Addr, where place) (*Host, error) {
	th, err := newThread(where)
	if err != nil {
		return nil, err
	}
	h := &Host{name: name, addr: addr, thread: th}
	err = th.do(func() error {
		if err := up("lo"); err != nil {
			return err
		}
		h.tun, err = openTUN(addr)
		return err
	})
	if err != nil {
		th.end()
		return nil, err
	}
	return h, nil
}

// Name is the host's name.
func (h *Host) Name() string { return h.name }

// Addr is the address by which the other hosts reach it.
func (h *Host) Addr() netip.Addr { return h.addr }

// Start starts a command on this host, as cmd.Start does: the caller waits for
// it. It is killed when the network is closed, or this process ends.
func (h *Host) Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	// The parent in question is the host's thread, which lives as long as the
	// host does.
	cmd.SysProcAttr.Pdeathsig = unix.SIGKILL
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return fmt.Errorf("hosts: starting %s on %q: the network is closed", cmd.Path, h.name)
	}
	if err := h.thread.do(cmd.Start); err != nil {
		return fmt.Errorf("hosts: starting %s on %q: %w", cmd.Path, h.name, err)
	}
	h.cmds = append(h.cmds, cmd)
	return nil
}

// kill kills all processes that were started here and returns when they are gone.
// The one who started them may still wait for them.
func (h *Host) kill() error {
	h.mu.Lock()
	h.closed = true
	cmds := h.cmds
	h.cmds = nil
	h.mu.Unlock()
	var errs []error
	for _, cmd := range cmds {
		switch err := cmd.Process.Kill(); {
		case errors.Is(err, os.ErrProcessDone):
		case err != nil:
			errs = append(errs, fmt.Errorf("hosts: killing %s on %q: %w", cmd.Path, h.name, err))
		default:
			errs = append(errs, gone(cmd.Process.Pid))
		}
	}
	return errors.Join(errs...)
}

// gone waits until a child has ended, and leaves it to its starter to reap.
func gone(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		switch {
		case err == nil, errors.Is(err, unix.ECHILD): // ECHILD: reaped meanwhile
			return nil
		case !errors.Is(err, unix.EINTR):
			return fmt.Errorf("hosts: waiting for process %d: %w", pid, err)
		}
	}
}

func (h *Host) close() error {
	err := h.tun.Close()
	h.thread.end()
	if errors.Is(err, os.ErrClosed) { // a second Close
		return nil
	}
	return err
}
