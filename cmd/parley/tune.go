package main

import (
	"os"
	"runtime/debug"
)

// gcPercent is how much a process's heap may grow before it is collected. The
// heaps of the roles are a few megabytes of short-lived messages, so a large
// percentage costs 15 MB a process and saves a tenth of the CPU under load.
const gcPercent = 400

// tuneGC sets the garbage collector, unless the user did.
func tuneGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
