package lifecycle

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// ExitInterrupted is what [Signals] exits with on the second signal, as shells
// report a process that died of SIGINT.
const ExitInterrupted = 130

// Signals returns a context that the first SIGINT or SIGTERM cancels, which
// asks for a drain. A second one calls exit at once: the drain is stuck or the
// person in front is in a hurry. The returned function ends the watch.
func Signals(parent context.Context, exit func(code int)) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	// Two, so that a second signal right behind the first is not dropped.
	got := make(chan os.Signal, 2)
	quit, ended := make(chan struct{}), make(chan struct{})
	signal.Notify(got, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		defer close(ended)
		for _, act := range []func(){cancel, func() { exit(ExitInterrupted) }} {
			select {
			case <-got:
				act()
			case <-quit:
				return
			}
		}
	}()
	var once sync.Once
	return ctx, func() {
		once.Do(func() {
			signal.Stop(got)
			close(quit)
			cancel()
		})
		<-ended
	}
}
