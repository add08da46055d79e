package main

import (
	"os"
	"runtime/debug"
)

// gcPercent is how much a process's heap may grow before it is collected. The
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
