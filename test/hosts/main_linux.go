package hosts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// inside marks, in the environment, the process that [Main] has started.
const inside = "PARLEY_TEST_HOSTS_INSIDE"

// Main runs this program once more in separate namespaces for the network and for
// mounts, calls run there, and exits with what it returns. It is the first thing that a main or a
// TestMain does, and it does not return.
//
// Signals that ask this process to end are passed on, once: the copy and what it
// starts are in a process group of their own, so that Ctrl-C reaches the program
// alone, which then stops its processes in the order it wants.
func Main(run func() int) {
	if os.Getenv(inside) != "" {
		if err := errors.Join(up("lo"), keepMounts()); err != nil {
			fmt.Fprintln(os.Stderr, "hosts:", err)
			os.Exit(1)
		}
		os.Exit(run())
	}
	code, err := again()
	if err != nil {
		fmt.Fprintln(os.Stderr, "hosts:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

// again runs this program in new namespaces and returns its exit code.
func again() (code int, err error) {
	// The copy is killed when the thread that started it ends: keep the thread.
	runtime.LockOSThread()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT)
	cmd, err := start(unix.CLONE_NEWNET | unix.CLONE_NEWNS)
	if errors.Is(err, unix.EPERM) {
		// A user who is not root here can be root in a user namespace of its own.
		cmd, err = start(unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWUSER)
	}
	if err != nil {
		return 0, fmt.Errorf("starting in separate namespaces: %w; "+
			"run this as root (in a container: with --privileged), or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)", err)
	}
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s) // it may have ended
		}
	}()
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return 128 + int(s.Signal()), nil // as a shell reports it
	}
	return cmd.ProcessState.ExitCode(), nil
}

// start starts this program again in new namespaces of the kinds in flags.
func start(flags uintptr) (*exec.Cmd, error) {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Pdeathsig: unix.SIGKILL, Setpgid: true}
	if flags&unix.CLONE_NEWUSER != 0 {
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	return cmd, cmd.Start()
}
