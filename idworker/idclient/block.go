package idclient

import (
	"math"
	"sync/atomic"
	"time"

	"parley/idworker/snowflake"
)

// block is a granted block that is handed out.
type block struct {
	ids  snowflake.Block
	born moment // when it was asked for
	// taken is how many were taken, more than there are once somebody came
	// too late.
	taken atomic.Int64
	// The stock is looked at by whoever takes the low-th ID or a later one,
	// and by whoever takes one at the time look or later.
	low  atomic.Int64
	look atomic.Int64
}

// lookEvery is how long the wall clock goes unread, so that taking an ID costs
// one clock instead of two. A machine that was suspended, which the other clock
// does not see, may hand out old IDs for so long.
const lookEvery = time.Millisecond

const never = math.MaxInt64

// take takes up to n, and is false when none are left.
func (b *block) take(n int) (part snowflake.Block, ok bool) {
	start := b.taken.Add(int64(n)) - int64(n)
	left := int64(b.ids.Count) - start
	if left <= 0 {
		return part, false
	}
	return snowflake.Block{Worker: b.ids.Worker, Start: b.ids.Start + start, Count: int(min(int64(n), left))}, true
}

// calm reports whether part, just taken, can be given without a look.
func (b *block) calm(part snowflake.Block, run time.Duration) bool {
	return part.Start-b.ids.Start+int64(part.Count) <= b.low.Load() && int64(run) < b.look.Load()
}

func (b *block) left() int { return int(max(0, int64(b.ids.Count)-b.taken.Load())) }

// end forbids takes, for good.
func (b *block) end() { b.taken.Store(math.MaxInt64 / 2) }

// last is the block's largest ID.
func last(b snowflake.Block) snowflake.ID { return b.At(b.Count - 1) }

// above is what of b is above id.
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
