package coordinator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/internal/streams"
	"parley/wire"
)

// trouble is why the coordinator can commit nothing, or conclude nothing, at the
// moment. It belongs to the loop; what others may know of it is in
// Coordinator.reason.
type trouble struct {
	// behindSince is since when the stream is seen behind each time it is looked
	// at, zero while it is not; looked is when that was last.
	behindSince, looked time.Time
	// known and last are what the stream had and has, while it is behind.
	known, last uint64

	// appending is the own append that has no clear answer, since when.
	appending   string
	appendSince time.Time
	slow        bool // that has been going on for too long, and was logged
}

// streamAt takes the last sequence that the stream's leader reported at a moment,
// and one that was known to be stored before it was asked. What is seen behind
// for longer than a stale read can last is no stale read: the coordinator stops.
func (c *Coordinator) streamAt(known, last uint64, now time.Time) {
	t := &c.trouble
	c.m.StreamAt(known, last)
	if !t.behindSince.IsZero() && now.Sub(t.looked) > maxUnseen {
		t.behindSince = now // what was in between is not known
	}
	t.looked = now
	switch {
	case !c.m.Behind():
		if !t.behindSince.IsZero() {
			c.cfg.Log.Info("the commit log's stream is no longer behind: the reads before were stale", "sequence", last)
			t.behindSince = time.Time{}
		}
	case t.behindSince.IsZero():
		t.behindSince = now
		c.cfg.Log.Error("the commit log's stream is behind what it stored before: no log is sealed and nothing is concluded from it until that is cleared up",
			"last_sequence", last, "stored_before", known, "stops_after", c.cfg.BehindFor)
	case now.Sub(t.behindSince) > c.cfg.BehindFor:
		c.fail(fmt.Errorf("coordinator: seen for %v: %w", now.Sub(t.behindSince).Round(time.Millisecond), streams.WentBack(wire.TxLog().Name, last, known)))
	}
	t.known, t.last = known, last
	c.report(now)
}

// maxUnseen is how far apart two looks at the stream may be that confirm each
// other: watchEvery, and what an answer takes. While brokers elect, nobody answers,
// and who answers after that may be stale in another way.
const maxUnseen = 5 * time.Second

// watchAppend notices an own append that gets no clear answer. Call it every
// second or so.
func (c *Coordinator) watchAppend(now time.Time) {
	t := &c.trouble
	if nonce := c.m.Appending(); nonce != t.appending {
		if t.slow {
			c.cfg.Log.Info("the commit log answers again", "after", now.Sub(t.appendSince).Round(time.Second))
		}
		t.appending, t.appendSince, t.slow = nonce, now, false
	}
	if t.appending != "" && !t.slow && now.Sub(t.appendSince) >= c.cfg.SlowAppend {
		t.slow = true
		c.cfg.Log.Warn("an append to the commit log has no clear answer: nothing is committed here until it has", "log", c.m.Log(), "for", now.Sub(t.appendSince).Round(time.Second))
	}
	c.report(now)
}

// report publishes the reason for those who ask.
func (c *Coordinator) report(now time.Time) {
	t := &c.trouble
	reason, clock := "", c.clock.Check()
	switch {
	case clock != nil:
		reason = clock.Error()
	case !t.behindSince.IsZero():
		reason = fmt.Sprintf("the stream %s went back, or is read stale: its last sequence is %d, and it had stored %d", wire.TxLog().Name, t.last, t.known)
	case t.slow:
		reason = fmt.Sprintf("an append to the stream %s has had no clear answer for %v", wire.TxLog().Name, now.Sub(t.appendSince).Round(time.Second))
	}
	c.reason.Store(&reason)
}

// Healthy is nil while the coordinator can commit, as far as it knows. It may be
// called at any time, from any goroutine.
func (c *Coordinator) Healthy(context.Context) error {
	if reason := c.reason.Load(); reason != nil && *reason != "" {
		return errors.New(*reason)
	}
	return nil
}
