package idworker

import (
	"sync/atomic"
	"time"

	"parley/idworker/snowflake"
)

// perMS is how many IDs a worker has in one millisecond.
const perMS = snowflake.MaxSequence + 1

// maxAhead is how much may be taken beyond that, in IDs: one second's worth. A
// burst is served at once, and still no timestamp is more than a second ahead
// of the clock, so that IDs sort with those of other workers.
const maxAhead = 1000 * perMS

// pace holds a worker to the IDs that the time gives. It counts elapsed time,
// not the time of the day: when the clock steps back, taking goes on.
type pace struct {
	begin time.Time
	// next is when the next ID is due, in IDs since begin.
	next *atomic.Int64
}

func newPace() pace { return pace{begin: time.Now(), next: new(atomic.Int64)} }

// at is the present in IDs since begin: 64 of them in 15,625 ns.
func (p pace) at() int64 {
	ns := int64(time.Since(p.begin))
	return ns/15_625*64 + ns%15_625*64/15_625
}

// wait is how long to wait before more may be taken.
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
