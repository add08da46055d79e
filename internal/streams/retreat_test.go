package streams_test

import (
	"testing"
	"time"

	"parley/internal/streams"
)

// A stream that is behind at every read went back; a read that is not behind, or a gap
// without reads, restarts the period.
func TestRetreat(t *testing.T) {
	var r streams.Retreat
	start := time.Unix(1000, 0)
	for _, read := range []struct {
		at          int // seconds
		known, last uint64
		began       bool
		ended       bool
		forSeconds  int
	}{
		{0, 10, 10, false, false, 0},
		{1, 11, 9, true, false, 0},
		{2, 11, 9, false, false, 1},
		{6, 11, 10, false, false, 5},
		{12, 11, 10, false, false, 0}, // no answer for six seconds
		{13, 11, 10, false, false, 1},
		{14, 11, 11, false, true, 0},
		{15, 12, 11, true, false, 0},
	} {
		now := start.Add(time.Duration(read.at) * time.Second)
		began, ended := r.Seen(read.known, read.last, now)
		if began != read.began || ended != read.ended || r.For(now) != time.Duration(read.forSeconds)*time.Second {
			t.Errorf("at %d s: began %v, ended %v, for %v, want %v, %v, %d s", read.at, began, ended, r.For(now), read.began, read.ended, read.forSeconds)
		}
	}
}
