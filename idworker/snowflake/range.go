package snowflake

import (
	"fmt"
	"sync/atomic"
)

// Range issues the IDs of one worker number in a half-open range of timestamps. It is
// safe for concurrent use.
type Range struct {
	// counter is the next counter to issue, with the bit closed. It shares a cache
	// line with until.
	counter atomic.Int64
	// until is the end as a counter. It only rises.
	until  atomic.Int64
	worker int
}

// closed is the bit of Range.counter that forbids takes. Counters have 53 bits.
const closed = 1 << 62

// NewRange returns a range of the timestamps [from, until), in milliseconds since
// [EpochMS], which must be reserved for the caller. It panics if worker is not a
// worker number, from is below 1 (zero is not an ID), until is above [MaxTimestamp],
// or from is above until: the lease has checked that.
func NewRange(worker int, from, until int64) *Range {
	if worker < 0 || worker > MaxWorker || from < 1 || from > until || until > MaxTimestamp {
		panic(fmt.Sprintf("snowflake: no range has worker %d and timestamps from %d to below %d", worker, from, until))
	}
	r := &Range{worker: worker}
	r.counter.Store(Counter(from, 0))
	r.until.Store(Counter(until, 0))
	return r
}

// Next issues one ID. now is the caller's clock in milliseconds since [EpochMS]; any
// value is safe. It returns false if the range is used up or closed, or now is at or
// above its end.
func (r *Range) Next(now int64) (ID, bool) {
	b, ok := r.Take(now, 1)
	return b.At(0), ok
}

// Take issues up to n IDs in one block, fewer at the end of the range. It returns
// false in the cases of [Range.Next] and if n is below 1. Blocks of one range do not
// overlap, and a call that begins after another has returned takes larger IDs.
func (r *Range) Take(now int64, n int) (Block, bool) {
	for {
		counter := r.counter.Load()
		until := r.until.Load()
		// A clock at or above the end could also overflow the shift.
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

// Extend raises the end to until, which must be reserved for the caller. It never
// lowers it, and has no effect on a closed range.
func (r *Range) Extend(until int64) {
	if until > MaxTimestamp {
		panic(fmt.Sprintf("snowflake: a range cannot be extended to %d, the limit is %d", until, int64(MaxTimestamp)))
	}
	raise(&r.until, Counter(until, 0))
}

// Advance skips the timestamps below from, so that a slow clock does not make the
// IDs older and older. Skipped timestamps are never used.
func (r *Range) Advance(from int64) {
	raise(&r.counter, min(Counter(max(from, 0), 0), r.until.Load()))
}

// raise sets v to the maximum of its value and to.
func raise(v *atomic.Int64, to int64) {
	for {
		old := v.Load()
		if old >= to || v.CompareAndSwap(old, to) {
			return
		}
	}
}

// Close permanently closes the range and returns the first timestamp of which no ID
// was issued: the timestamps from there to the range's end are free for others. It is
// idempotent.
func (r *Range) Close() (floor int64) {
	counter := r.counter.Or(closed) &^ closed
	return (counter + MaxSequence) >> sequenceBits
}

// Worker returns the range's worker number.
func (r *Range) Worker() int { return r.worker }

// Until returns the range's end: no ID has this timestamp or a later one.
func (r *Range) Until() int64 { return r.until.Load() >> sequenceBits }

const sequenceBits = 12
