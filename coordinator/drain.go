package coordinator

import (
	"context"
	"time"
)

// drain is the progress of stopping: first the coordinator accepts no more requests
// and waits until every transaction is decided, then it closes its log and waits
// until every outcome is acknowledged. Each half is bounded by
// [Config.DrainTimeout]; commits that remain are in the log, for any coordinator.
type drain struct {
	cancelled <-chan struct{}
	begun     bool
	quiet     bool // no more requests arrive
	closing   bool // the log is being closed
	until     time.Time
}

func (c *Coordinator) beginDrain(d *drain) {
	d.begun, d.cancelled = true, nil
	d.until = time.Now().Add(c.cfg.DrainTimeout)
	c.cfg.Log.Info("draining", "undecided", c.m.Undecided(), "unfinished", c.m.Unfinished())
	c.goDo(func(context.Context) {
		c.stopService()
		c.postEvent(func() { d.quiet = true })
	})
}

// drained advances the drain and reports whether it is complete.
func (c *Coordinator) drained(d *drain) bool {
	late := time.Now().After(d.until) || c.deps.NATS.IsClosed()
	if !d.closing {
		if (d.quiet && c.m.Undecided() == 0) || late {
			d.closing, d.until = true, time.Now().Add(c.cfg.DrainTimeout)
			c.m.Close()
			c.perform(c.m.Actions())
		}
		return false
	}
	if late {
		c.cfg.Log.Warn("stopped before every participant has acknowledged; another coordinator, or the next start, sends the remaining commits", "unfinished", c.m.Unfinished())
	}
	return late || (c.m.Idle() && len(c.purges) == 0)
}

func (c *Coordinator) stopService() {
	if c.service == nil {
		return
	}
	if err := c.service.Stop(); err != nil {
		c.cfg.Log.Warn("stopping the service", "error", err)
	}
}
