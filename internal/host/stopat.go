package host

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// StopAt returns a hook that kills the process the first time it reaches the step killed,
// and stops it the first time it reaches the step held; nil if both are empty.
func StopAt(killed, held string) func(point string) {
	if killed == "" && held == "" {
		return nil
	}
	var crash, stop sync.Once
	return func(point string) {
		if point == held {
			stop.Do(func() { hold(point) })
		}
		if point == killed {
			crash.Do(func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) })
			// The signal may take a moment to arrive; nothing may happen after
			// the step.
			select {}
		}
	}
}

// hold stops the whole process, and reports that on standard error for tests.
func hold(point string) {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	fmt.Fprintf(os.Stderr, "held at %s\n", point)
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	<-continued
	fmt.Fprintf(os.Stderr, "released from %s\n", point)
}
