package snowflake

import (
	"fmt"
	"sync/atomic"
)

// Range gives the IDs of one worker number with timestamps from a first one to
// below another. It is safe for concurrent use.
type Range struct {
	// counter is the next one to give, and whether the range is closed. It
	// decides; until stands beside it in the same cache line.
	counter atomic.Int64
	// until is the end as a counter. It only rises.
	until  atomic.Int64
	worker int
}

// closed is the bit of Range.counter that forbids takes. Counters have 53 bits.
const closed = 1 << 62

// NewRange makes a range of the timestamps [from, until), in milliseconds since
// [EpochMS], which must be reserved for the caller. It panics when worker
// is no worker number, from is below 1 (an ID of zero is none), until is beyond
// [MaxTimestamp], or from is above until: whoever reserves has checked that.
func NewRange(worker int, from, until int64) *Range {
	if worker < 0 || worker > MaxWorker || from < 1 || from > until || until > MaxTimestamp {
		panic(fmt.Sprintf("snowflake: no range has worker %d and timestamps from %d to below %d", worker, from, until))
	}
	r := &Range{worker: worker}
	r.counter.Store(Counter(from, 0))
	r.until.Store(Counter(until, 0))
	return r
}

// Next gives one ID. now is the caller's clock in milliseconds since
// [EpochMS]; any value is safe. It is false when nothing is left, now is
// at or above the range's end, or the range is closed.
func (r *Range) Next(now int64) (ID, bool) {
	b, ok := r.Take(now, 1)
	return b.At(0), ok
}

// Take gives up to n IDs in one block, fewer where the range ends, and is false
// in the cases of [Range.Next] and when n is below 1. Blocks of one range do
// not overlap, and of two takes, one of which ended before the other began, the
// later one has the larger IDs.
func (r *Range) Take(now int64, n int) (Block, bool) {
	for {
		counter := r.counter.Load()
		until := r.until.Load()
		// A clock at the end or beyond it would overflow the shift as well.
		if now >= until>>sequenceBits || counter >= until || n < 1 {
			return Block{}, false // closed is above every until
		}
		start := max(counter, now<<sequenceBits)
		next := start + min(int64(n), until-start)
		if r.counter.CompareAndSwap(counter, next) {
			return Block{Worker: r.worker, Start: start, Count: int(next - start)}, true
		}
	}
}

// Extend moves the end to until, which must be reserved for the caller. It only
// raises it, and does nothing to a closed range.
func (r *Range) Extend(until int64) {
	if until > MaxTimestamp {
		panic(fmt.Sprintf("snowflake: a range cannot be extended to %d, the limit is %d", until, int64(MaxTimestamp)))
	}
	raise(&r.until, Counter(until, 0))
}

// Advance skips the timestamps below from, so that a clock that runs behind
// does not make IDs ever older. What is skipped is never given.
func (r *Range) Advance(from int64) {
	raise(&r.counter, min(Counter(max(from, 0), 0), r.until.Load()))
}

// raise sets v to at least to.
func raise(v *atomic.Int64, to int64) {
	for {
		old := v.Load()
		if old >= to || v.CompareAndSwap(old, to) {
			return
		}
	}
}

// Close forbids takes for ever and returns the first timestamp of which no ID
// was given: from there on everything below the range's end is free for others.
// Closing again returns the same.
func (r *Range) Close() (floor int64) {
	counter := r.counter.Or(closed) &^ closed
	return (counter + MaxSequence) >> sequenceBits
}

// Worker is the range's worker number.
func (r *Range) Worker() int { return r.worker }

// Until is the range's end: no ID has this timestamp or a later one.
func (r *Range) Until() int64 { return r.until.Load() >> sequenceBits }

const sequenceBits = 12
