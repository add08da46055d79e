package participants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/wire/txwire"
)

const (
	// slowCall is when a call of the resource is reported as not returning:
	// most clients wait for ten seconds.
	slowCall = 5 * time.Second
	// watchEvery is how often running calls are looked at.
	watchEvery = time.Second
)

// call is one call of the resource.
type call struct {
	id    txwire.ID
	stage string
	since time.Time
}

func (c *call) String() string {
	return fmt.Sprintf("the resource's %s of %s has not returned for %v", c.stage, c.id, time.Since(c.since).Round(time.Second))
}

// watchCalls reports calls of the resource that do not return, until ctx ends.
func (s *service) watchCalls(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for last := (*call)(nil); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		last = s.watchCall(last, time.Now())
	}
}

// watchCall reports the running call if it is slow and not the one that was
// reported last, which it returns.
func (s *service) watchCall(last *call, now time.Time) *call {
	c := s.health.call.Load()
	if last != nil && c != last {
		s.cfg.Log.Warn("a call of the resource that was reported has returned", "tx", last.id.String(), "stage", last.stage)
		last = nil
	}
	if c == nil || c == last || now.Sub(c.since) <= slowCall {
		return last
	}
	s.counts.slowCalls.Add(1)
	s.cfg.Log.Warn("a call of the resource has not returned, and all other branches wait for it",
		"tx", c.id.String(), "stage", c.stage, "for", now.Sub(c.since).Round(time.Second))
	return c
}

// errStuck marks an end of Run that left a call behind.
var errStuck = errors.New("the drain took too long and was given up")

// stuck is why the committer has not ended.
func (s *service) stuck() error {
	why := "a write of the journal has not returned"
	if c := s.health.call.Load(); c != nil {
		why = c.String()
	}
	return fmt.Errorf("%w: %s; the journal stays locked until it returns or this process ends", errStuck, why)
}
