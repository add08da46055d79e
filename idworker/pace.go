package idworker

import (
	"sync/atomic"
	"time"

	"parley/idworker/snowflake"
)

// perMS is how many IDs a worker has in one millisecond.
const perMS = snowflake.MaxSequence + 1

// maxAhead is how many IDs may be taken ahead of time: those of one second. A burst
// is served immediately, and no timestamp is more than a second ahead of the clock,
// so that IDs sort with those of other workers.
const maxAhead = 1000 * perMS

// pace limits a worker to perMS IDs per millisecond. It uses the monotonic clock, so
// steps of the wall clock have no effect.
type pace struct {
	begin time.Time
	// next is when the next ID is due, in IDs since begin.
	next *atomic.Int64
}

func newPace() pace { return pace{begin: time.Now(), next: new(atomic.Int64)} }

// at converts the time since begin to IDs: 64 of them in 15,625 ns.
func (p pace) at() int64 {
	ns := int64(time.Since(p.begin))
	return ns/15_625*64 + ns%15_625*64/15_625
}

// wait returns how long to wait before more IDs may be taken.
func (p pace) wait(at int64) time.Duration {
	if over := p.next.Load() - at - maxAhead; over > 0 {
		return time.Duration(over*15_625/64) + 1
	}
	return 0
}

// took counts n IDs.
func (p pace) took(at int64, n int) {
	for {
		old := p.next.Load()
		if p.next.CompareAndSwap(old, max(old, at)+int64(n)) {
			return
		}
	}
}
