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
			// Ready means that a request sent now arrives.
			if err := c.deps.NATS.FlushTimeout(readyTimeout); err != nil {
				return fmt.Errorf("coordinator: announcing the service: %w", err)
			}
			close(c.ready)
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

// readyTimeout bounds the last step of the start: one round trip to the broker.
const readyTimeout = 10 * time.Second

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
