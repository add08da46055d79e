package idclient

import (
	"math"
	"sync/atomic"
	"time"

	"parley/idworker/snowflake"
)

// block is a granted block from which IDs are taken.
type block struct {
	ids  snowflake.Block
	born moment // when it was requested
	// taken is how many IDs were taken; it exceeds their number after attempts to
	// take from a used block.
	taken atomic.Int64
	// The stock is checked by the caller that takes the low-th ID or a later one,
	// and by one that takes an ID at the time checkAt or later.
	low     atomic.Int64
	checkAt atomic.Int64
}

// checkEvery is how long the wall clock is not read, so that taking an ID costs one
// clock reading instead of two. After a suspension of the machine, which the
// monotonic clock does not count, old IDs may be returned for this time.
const checkEvery = time.Millisecond

const never = math.MaxInt64

// take takes up to n IDs, and returns false if none are left.
func (b *block) take(n int) (part snowflake.Block, ok bool) {
	start := b.taken.Add(int64(n)) - int64(n)
	left := int64(b.ids.Count) - start
	if left <= 0 {
		return part, false
	}
	return snowflake.Block{Worker: b.ids.Worker, Start: b.ids.Start + start, Count: int(min(int64(n), left))}, true
}

// unchecked reports whether part, just taken, can be used without a check of the
// stock.
func (b *block) unchecked(part snowflake.Block, run time.Duration) bool {
	return part.Start-b.ids.Start+int64(part.Count) <= b.low.Load() && int64(run) < b.checkAt.Load()
}

func (b *block) left() int { return int(max(0, int64(b.ids.Count)-b.taken.Load())) }

// end forbids takes permanently.
func (b *block) end() { b.taken.Store(math.MaxInt64 / 2) }

// last returns the block's largest ID.
func last(b snowflake.Block) snowflake.ID { return b.At(b.Count - 1) }

// above returns the part of b that is above id.
func above(b snowflake.Block, id snowflake.ID) snowflake.Block {
	first := snowflake.Counter(id.Timestamp(), 0)
	switch {
	case b.Worker == id.Worker():
		first = snowflake.Counter(id.Timestamp(), id.Sequence()) + 1
	case b.Worker < id.Worker():
		first = snowflake.Counter(id.Timestamp()+1, 0)
	}
	skip := min(max(first-b.Start, 0), int64(b.Count))
	return snowflake.Block{Worker: b.Worker, Start: b.Start + skip, Count: b.Count - int(skip)}
}

func overlap(a, b snowflake.Block) bool {
	return a.Worker == b.Worker && a.Start < b.Start+int64(b.Count) && b.Start < a.Start+int64(a.Count)
}
