package main

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	"sync"

	"parley/internal/host"
	"parley/internal/lifecycle"
)

// processFlags are on every command that runs until it is stopped.
type processFlags struct {
	logFlags
	profileFlag
	healthFlag
	UntilEOF bool `name:"until-eof" hidden:"" help:"Drain when standard input ends, so that a child never outlives its parent, or when a byte arrives, and then exit immediately when it ends."`
}

// serve runs a role until ctx ends or the role fails, and calls announce when it is
// ready.
func (f processFlags) serve(ctx context.Context, role lifecycle.Role, announce func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if f.UntilEOF {
		// This goroutine ends with the process: a read from standard input
		// cannot be interrupted.
		go func() {
			n, _ := os.Stdin.Read(make([]byte, 1))
			cancel()
			if n > 0 {
				// The parent waits for the drain, unless it exits itself.
				_, _ = io.Copy(io.Discard, os.Stdin)
				os.Exit(lifecycle.ExitInterrupted)
			}
		}()
	}
	ended := make(chan struct{})
	var announcer sync.WaitGroup
	announcer.Go(func() {
		select {
		case <-role.Ready():
			announce()
		case <-ended:
		}
	})
	err := host.Answering(ctx, f.Health, role, func() error {
		return f.around(func() error { return role.Run(ctx) })
	})
	close(ended)
	announcer.Wait()
	return err
}

// gcPercent is the percentage by which a process's heap may grow before it is collected. The
// heaps of the roles are a few megabytes of short-lived messages, so a large
// percentage costs 15 MB a process and saves a tenth of the CPU under load.
const gcPercent = 400

// gatewayGCPercent is that of a chat gateway, whose heap is its connections and
// grows with them: there the default would cost kilobytes for each.
const gatewayGCPercent = 50

// tuneGC sets the garbage collector, unless the user did.
func tuneGC(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}
