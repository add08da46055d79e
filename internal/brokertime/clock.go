// Package brokertime provides the broker's time: that of the leader of the stream that
// a role reads every second. Deadlines are absolute in that time, so that processes
// whose clocks differ agree on them, and so that one whose clock steps is not affected:
// between two reads the monotonic clock is used.
package brokertime

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// Bound is how far the clock of a machine may differ from the broker's. Beyond it
	// one of the two is so wrong that no transaction is served.
	Bound = time.Hour
	// notable is the difference from which it is logged. It is above the error of a
	// comparison, which is half of maxRoundTrip.
	notable = 3 * time.Second
	// maxRoundTrip is the longest round trip of a comparison that is used: its error is
	// at most half of that. The first comparison is used whatever it took.
	maxRoundTrip = 2 * time.Second
	// recent is how long a comparison is preferred to one that took more than twice as long.
	recent = 10 * time.Second
)

// Clock is one process's estimate of the broker's time. Its methods may be called from
// any goroutine.
type Clock struct {
	wall func() time.Time
	log  *slog.Logger

	mu sync.Mutex
	// At the moment at, on the monotonic clock, the broker's clock showed broker, in a
	// response whose round trip took trip.
	at, broker time.Time
	trip       time.Duration
	state      state
}

// state is the comparison that was logged last.
type state uint8

const (
	agrees state = iota
	differs
	refused
)

// New returns a clock without a comparison: until [Clock.Observe] it is the wall clock.
func New(log *slog.Logger) *Clock { return &Clock{wall: time.Now, log: log} }

// SetWall replaces [time.Now] by another clock, unless that is nil.
func (c *Clock) SetWall(wall func() time.Time) {
	if wall == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall = wall
}

// Observe records what the broker's clock showed between two readings of [time.Now].
func (c *Clock) Observe(sent, received, broker time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	trip := received.Sub(sent)
	first := c.at.IsZero()
	worse := trip > maxRoundTrip || trip > 2*c.trip && received.Sub(c.at) < recent
	if !first && worse || broker.IsZero() {
		return
	}
	if jump := broker.Sub(c.broker) - sent.Add(trip/2).Sub(c.at); !first && jump.Abs() > notable {
		c.log.Warn("the broker's clock jumped, or another broker leads whose clock differs", "by", jump.Round(time.Millisecond))
	}
	c.at, c.broker, c.trip = sent.Add(trip/2), broker, trip
	c.logState()
}

// logState logs when the difference becomes notable, exceeds the bound, or no longer does.
func (c *Clock) logState() {
	ahead := c.ahead()
	is := agrees
	switch {
	case ahead.Abs() > Bound:
		is = refused
	case ahead.Abs() > notable:
		is = differs
	}
	if is == c.state {
		return
	}
	c.state = is
	switch is {
	case refused:
		c.log.Error("no transaction is served", "error", difference(ahead))
	case differs:
		c.log.Warn("this machine's clock differs from the broker's; deadlines use the broker's", "ahead", ahead.Round(time.Millisecond))
	default:
		c.log.Info("this machine's clock agrees with the broker's")
	}
}

// Now returns the broker's time, without a reading of the monotonic clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	if c.at.IsZero() {
		return c.wall().Round(0)
	}
	return c.broker.Add(time.Since(c.at))
}

// Ahead returns by how much this machine's clock is ahead of the broker's.
func (c *Clock) Ahead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead()
}

func (c *Clock) ahead() time.Duration { return c.wall().Sub(c.now()) }

// Check returns an error if this machine's clock differs from the broker's by more than
// [Bound].
func (c *Clock) Check() error {
	if ahead := c.Ahead(); ahead.Abs() > Bound {
		return difference(ahead)
	}
	return nil
}

func difference(ahead time.Duration) error {
	side := "ahead of"
	if ahead < 0 {
		side = "behind"
	}
	return fmt.Errorf("this machine's clock is %v %s the broker's, allowed is %v: set the one that is wrong", ahead.Abs().Round(time.Second), side, Bound)
}
