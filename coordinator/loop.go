package coordinator

import (
	"context"
	"fmt"
	"time"

	"parley/natsconn"
)

// loop processes events until the drain is complete; it owns the machine.
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
		case now := <-second.C:
			c.watchAppend(now)
			c.m.Trim()
			c.m.Remind()
		case err := <-c.failed:
			return err
		case <-d.cancelled:
			c.beginDrain(&d)
		}
	}
}

// postEvent queues f for the loop. It blocks while the queue is full, and drops f
// once the loop has ended.
func (c *Coordinator) postEvent(f func()) {
	select {
	case c.events <- f:
	case <-c.background.Done():
	}
}

// announce closes ready once the broker has processed the subscriptions.
func (c *Coordinator) announce(ctx context.Context) {
	if natsconn.Flush(ctx, c.deps.NATS) == nil {
		close(c.ready)
	}
}

// maxEvents bounds the queue of the loop; a full one blocks the senders.
const maxEvents = 4096

// goDo runs f in a goroutine, whose context ends with the coordinator.
func (c *Coordinator) goDo(f func(context.Context)) {
	c.work.Add(1)
	go func() {
		defer c.work.Done()
		f(c.background)
	}()
}
