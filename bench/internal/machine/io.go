package machine

import (
	"os"
	"strings"
)

// IO is what this process has read and written through system calls, in bytes,
// whether a disk or the system's cache served it.
type IO struct{ Read, Written float64 }

// ReadIO reads /proc/self/io.
func ReadIO() (io IO) {
	data, _ := os.ReadFile("/proc/self/io") // where there is none, nothing is known
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "rchar":
			io.Read = number(value)
		case "wchar":
			io.Written = number(value)
		}
	}
	return io
}

// Since is what was read and written after before.
func (io IO) Since(before IO) IO {
	return IO{Read: io.Read - before.Read, Written: io.Written - before.Written}
}

// Add is the sum.
func (io IO) Add(more IO) IO {
	return IO{Read: io.Read + more.Read, Written: io.Written + more.Written}
}
