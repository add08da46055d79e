package main

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// crashFlag is for crash tests: the first time the process reaches the named
// step of the protocol it kills itself, as `kill -9` would, or stops, as
// `kill -STOP` would, until somebody sends SIGCONT. The steps are the Step
// constants of packages coordinator and participants.
type crashFlag struct {
	CrashAt string `name:"crash-at" hidden:"" placeholder:"STEP" help:"Kill this process at the named step of the protocol (for tests)."`
	HoldAt  string `name:"hold-at" hidden:"" placeholder:"STEP" help:"Stop this process at the named step of the protocol until SIGCONT (for tests)."`
}

// step is the hook for a role's configuration, nil in normal use.
func (f crashFlag) step() func(point string) {
	if f.CrashAt == "" && f.HoldAt == "" {
		return nil
	}
	var crash, stop sync.Once
	return func(point string) {
		if point == f.HoldAt {
			stop.Do(func() { hold(point) })
		}
		if point == f.CrashAt {
			crash.Do(func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) })
			// The signal may take a moment to arrive; nothing may happen after
			// the step.
			select {}
		}
	}
}

// hold stops the whole process. What it prints tells a test where it is.
func hold(point string) {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	fmt.Fprintf(os.Stderr, "held at %s\n", point)
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	<-continued
	fmt.Fprintf(os.Stderr, "released from %s\n", point)
}
