//go:build race

package proc

// Race reports whether the tests watch for races; then the processes do, too.
const Race = true
