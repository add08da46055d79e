package coordinator

import (
	"context"
	"fmt"
	"time"
)

// loop is the one goroutine that owns the machine.
func (c *Coordinator) loop(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	d := drain{cancelled: ctx.Done()}
	for {
		c.perform(c.m.Actions())
		if c.service == nil && c.m.Log() != "" && !d.begun {
			var err error
			if c.service, err = c.serve(); err != nil {
				return fmt.Errorf("coordinator: %w", err)
			}
			c.goDo(c.announce)
		}
		if d.begun && c.drained(&d) {
			return nil
		}
		select {
		case f := <-c.events:
			f()
		case now := <-tick.C:
			c.onTick(now)
		case <-second.C:
			c.m.Trim()
			c.m.Remind()
		case err := <-c.failed:
			return err
		case <-d.cancelled:
			c.beginDrain(&d)
		}
	}
}

// post hands an event to the loop. It blocks while the queue is full, and does
// nothing once the loop has ended.
func (c *Coordinator) post(f func()) {
	select {
	case c.events <- f:
	case <-c.background.Done():
	}
}

// announce closes ready when a request that is sent now arrives, one round trip
// to the broker after the subscriptions. A busy broker may need several tries.
func (c *Coordinator) announce(ctx context.Context) {
	for {
		attempt, cancel := context.WithTimeout(ctx, roundTripTimeout)
		err := c.deps.NATS.FlushWithContext(attempt)
		cancel()
		if err == nil {
			close(c.ready)
			return
		}
		c.cfg.Log.Warn("the broker does not answer, trying again", "error", err)
		if !pause(ctx, readPause) {
			return
		}
	}
}

// roundTripTimeout bounds one try of a round trip to the broker.
const roundTripTimeout = 10 * time.Second

// maxEvents bounds the queue to the loop; a full one slows the senders down.
const maxEvents = 4096

// goDo runs f beside the loop until it ends or the coordinator does.
func (c *Coordinator) goDo(f func(context.Context)) {
	c.work.Add(1)
	go func() {
		defer c.work.Done()
		f(c.background)
	}()
}
