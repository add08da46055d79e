package roletest

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// Log keeps what a role logs, and passes it on to the log of the test.
type Log struct {
	t       testing.TB
	mu      sync.Mutex
	lines   bytes.Buffer
	changed chan struct{} // closed and replaced with each write
}

// NewLog returns an empty log.
func NewLog(t testing.TB) *Log { return &Log{t: t, changed: make(chan struct{})} }

// Write implements [io.Writer].
func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
	l.lines.Write(line)
	return l.t.Output().Write(line)
}

// String returns everything that was logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}

// Count returns how many lines contain all parts.
func (l *Log) Count(parts ...string) (n int) {
	for line := range strings.Lines(l.String()) {
		all := true
		for _, p := range parts {
			all = all && strings.Contains(line, p)
		}
		if all {
			n++
		}
	}
	return n
}

// Await waits until a line contains all parts.
func (l *Log) Await(parts ...string) {
	l.t.Helper()
	late := time.After(Patience)
	for {
		l.mu.Lock()
		changed := l.changed
		l.mu.Unlock()
		if l.Count(parts...) > 0 {
			return
		}
		select {
		case <-changed:
		case <-late:
			l.t.Fatalf("no log line has %q", parts)
		}
	}
}
