package idclient_test

import (
	"sync/atomic"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/idworker/idclient"
	"parley/idworker/snowflake"
)

// hand is a clock that the test moves.
type hand struct{ at atomic.Int64 }

func newHand() *hand {
	h := &hand{}
	h.at.Store(time.Now().UnixNano())
	return h
}

func (h *hand) now() time.Time               { return time.Unix(0, h.at.Load()) }
func (h *hand) move(d time.Duration)         { h.at.Add(int64(d)) }
func (h *hand) since() time.Duration         { return time.Duration(h.at.Load()) }
func counter(id snowflake.ID) int64          { return snowflake.Counter(id.Timestamp(), id.Sequence()) }
func follows(id, previous snowflake.ID) bool { return counter(id) == counter(previous)+1 }

// A block is used until it is as old as MaxAge, and not later.
func TestOldBlocksAreDropped(t *testing.T) {
	s := brokertest.Run(t)
	newPeer(t, s, 1, 0)
	clock := newHand()
	c := newClient(t, s, idclient.Config{})
	c.SetClock(clock.now)
	first := next(t, c)
	clock.move(4 * time.Second)
	second := next(t, c)
	if !follows(second, first) {
		t.Errorf("%d does not follow %d although the block is 4 s old", second, first)
	}
	clock.move(6*time.Second - time.Nanosecond)
	third := next(t, c)
	if !follows(third, second) {
		t.Errorf("%d does not follow %d although the block is not 10 s old", third, second)
	}
	clock.move(time.Nanosecond)
	if fourth := next(t, c); counter(fourth) < counter(first)+idclient.DefaultMinBlock {
		t.Errorf("%d is of the first block, which is 10 s old", fourth)
	}

	clock.move(-time.Hour) // set back: neither old nor for ever young
	before := next(t, c)
	clock.move(11 * time.Second)
	if after := next(t, c); !follows(after, before) {
		t.Errorf("%d does not follow %d, the block is not old by any clock", after, before)
	}
}

// Before a block is old the next one is fetched, so that a caller who comes
// every few seconds does not wait either.
func TestRenewedBeforeItIsOld(t *testing.T) {
	s := brokertest.Run(t)
	newPeer(t, s, 1, 0)
	clock := newHand()
	c := newClient(t, s, idclient.Config{})
	c.SetClock(clock.now)
	last := next(t, c)
	for range 20 {
		clock.move(4 * time.Second)
		id, err := c.Next(ended())
		if err != nil {
			t.Fatalf("a caller of every 4 s waits: %v", err)
		}
		if id <= last {
			t.Errorf("%d came after %d", id, last)
		}
		last = id
		until(t, "fetching", func() bool { return !c.Fetching() })
	}
}

// A machine that was suspended: the monotonic clock, as Go reads it, did not
// notice. The wall clock did.
func TestSuspended(t *testing.T) {
	s := brokertest.Run(t)
	newPeer(t, s, 1, 0)
	wall, run := newHand(), &hand{}
	c := newClient(t, s, idclient.Config{})
	c.SetClocks(wall.since, run.since)
	first := next(t, c)
	wall.move(time.Hour)
	run.move(time.Millisecond)
	if second := next(t, c); counter(second) < counter(first)+idclient.DefaultMinBlock {
		t.Errorf("%d is of the first block, asked for before the machine slept", second)
	}

	// The clock is set back by an hour while the program runs on.
	before := next(t, c)
	wall.move(-time.Hour)
	run.move(11 * time.Second)
	if after := next(t, c); counter(after) < counter(before)+idclient.DefaultMinBlock-2 {
		t.Errorf("%d is of a block that is 11 s old", after)
	}
}
