package main

import (
	"math/rand/v2"
	"time"

	"parley/idworker/snowflake"
)

// writers is how many processes write rows with Parley IDs, each with blocks
// of a worker of its own, as the processes of a blog do. One writer alone would
// flatter: its IDs ascend strictly.
const writers = 4

// blockRows is how many IDs a writer takes at once: what it writes within a
// second. So IDs are handed out up to a second after their own time, and the
// rows of the writers interleave out of order.
const blockRows = int(time.Second / rowEvery / writers)

// writer is one process that hands out IDs from blocks.
type writer struct {
	ids   *snowflake.Range
	block snowflake.Block
	used  int
}

// next is the writer's next ID; now is in milliseconds since [snowflake.EpochMS].
func (w *writer) next(now int64) snowflake.ID {
	if w.used == w.block.Count {
		var ok bool
		if w.block, ok = w.ids.Take(now, blockRows); !ok {
			panic("keys: the range of timestamps is used up") // it ends in 2095
		}
		w.used = 0
	}
	w.used++
	return w.block.At(w.used - 1)
}

// parleyIDs are IDs of writers that take turns at random.
func parleyIDs(seed uint64) source {
	turn := rand.New(newRandom(seed))
	var all [writers]writer
	for i := range all {
		all[i].ids = snowflake.NewRange(i, 1, snowflake.MaxTimestamp)
	}
	return sourceFunc(func(now time.Time) any {
		return int64(all[turn.IntN(writers)].next(snowflake.Timestamp(now)))
	})
}
