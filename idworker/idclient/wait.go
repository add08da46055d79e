package idclient

import (
	"context"
	"fmt"
	"time"
)

// nobodyFor is how long a caller waits for the first idworker: one that is
// restarted alone is away for about as long.
const nobodyFor = 2 * time.Second

// wait waits until there is an ID to take, up to n, or a reason why there is
// none.
func (c *Client) wait(ctx context.Context, n int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := &c.fetch
	seen, since := f.failures, time.Now()
	nothing := &failure{err: unavailable("no idworker has answered")}
	met := nothing
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
			seen, met = f.failures, f.met
		} else if !f.failing {
			met = nothing // IDs came, and others were faster
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w (%w)", noID(met.err), context.Cause(ctx))
		}
		if met.final || met.nobody && time.Since(since) >= nobodyFor {
			return noID(met.err)
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

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
