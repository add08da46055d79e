package coordinator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/internal/streams"
	"parley/wire/txwire"
)

// trouble is why the coordinator can commit nothing, or conclude nothing, at the
// moment. It belongs to the loop; Coordinator.reason publishes it.
type trouble struct {
	retreat streams.Retreat

	// appending is the nonce of the pending append, if any, and appendSince when
	// it began.
	appending   string
	appendSince time.Time
	slow        bool // it has been pending for too long, which was logged
}

// streamAt processes the last sequence that the stream's leader reported, and one
// that was known to be stored before the request. If the stream remains behind for
// longer than a stale read can last, the coordinator stops.
func (c *Coordinator) streamAt(known, last uint64, now time.Time) {
	t := &c.trouble
	c.m.StreamAt(known, last)
	began, ended := t.retreat.Seen(known, last, now)
	switch {
	case ended:
		c.cfg.Log.Info("the commit log's stream is no longer behind: the reads before were stale", "sequence", last)
	case began:
		c.cfg.Log.Error("the commit log's stream is behind what it stored before: no log is sealed and nothing is concluded from it until that is cleared up",
			"last_sequence", last, "stored_before", known, "stops_after", c.cfg.BehindFor)
	case t.retreat.For(now) > c.cfg.BehindFor:
		c.fail(fmt.Errorf("coordinator: seen for %v: %w", t.retreat.For(now).Round(time.Millisecond), streams.WentBack(txwire.LogStream().Name, "last sequence", last, known)))
	}
	c.report(now)
}

// watchAppend detects an append without a definite answer. The loop calls it every
// second.
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
		c.cfg.Log.Warn("an append to the commit log has no definite answer: nothing is committed here until it has", "log", c.m.Log(), "for", now.Sub(t.appendSince).Round(time.Second))
	}
	c.report(now)
}

// report updates the reason that [Coordinator.Healthy] returns.
func (c *Coordinator) report(now time.Time) {
	t := &c.trouble
	reason, clock := "", c.clock.Check()
	switch {
	case clock != nil:
		reason = clock.Error()
	case t.retreat.Behind():
		reason = fmt.Sprintf("the stream %s went back, or is read stale: its last sequence is %d, and it had stored %d", txwire.LogStream().Name, t.retreat.Last, t.retreat.Known)
	case t.slow:
		reason = fmt.Sprintf("an append to the stream %s has had no definite answer for %v", txwire.LogStream().Name, now.Sub(t.appendSince).Round(time.Second))
	}
	c.reason.Store(&reason)
}

// Healthy returns an error while the coordinator knows that it cannot commit. It may
// be called at any time, from any goroutine.
func (c *Coordinator) Healthy(context.Context) error {
	if reason := c.reason.Load(); reason != nil && *reason != "" {
		return errors.New(*reason)
	}
	return nil
}
