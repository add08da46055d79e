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

// Signals returns a context that the first SIGINT or SIGTERM cancels, which starts a
// drain. A second one calls exit immediately, without waiting for the drain. The
// returned function stops handling signals.
func Signals(parent context.Context, exit func(code int)) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	// Buffered for two, so that a second signal right after the first is not dropped.
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
