package idclient

import (
	"context"
	"fmt"
	"time"
)

// absentFor is how long a caller waits while no idworker is running: the restart of
// a single one takes about as long.
const absentFor = 2 * time.Second

// wait waits until IDs can be taken, of which the caller wants n, or returns the
// reason why there are none.
func (c *Client) wait(ctx context.Context, n int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := &c.fetch
	seen, since := f.failures, time.Now()
	nothing := &failure{err: unavailable("no idworker has answered")}
	last := nothing
	for {
		if c.ctx.Err() != nil {
			return ErrClosed
		}
		if err := f.alarm; err != nil {
			f.alarm = nil
			return noID(err)
		}
		now := c.clock.moment()
		if c.advance(now) {
			return nil
		}
		if f.failures != seen {
			seen, last = f.failures, f.last
		} else if !f.failing {
			last = nothing // IDs arrived, and other callers took them
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w (%w)", noID(last.err), context.Cause(ctx))
		}
		if last.final || last.absent && time.Since(since) >= absentFor {
			return noID(last.err)
		}
		f.waiting++
		f.need = max(f.need, n)
		c.start(now)
		news := f.news
		c.mu.Unlock()
		select {
		case <-news:
		case <-ctx.Done():
		}
		c.mu.Lock()
		f.waiting--
	}
}
