package sim

import (
	"parley/wire/txwire"
)

// client submits one transaction, as the Go client does: it repeats the
// submission under its key, to any coordinator, has a mailbox per try (an
// answer to an earlier try may be "aborted" about that try alone), and
// promises "once" only while no try can have started anything.
type client struct {
	cfg *ClientConfig
	// tries is how often it has submitted.
	tries int
	// started: some coordinator may have started a transaction; before is what
	// it was before the last try.
	started, before bool
	// answer is the final one, empty before, and id the transaction that it is about.
	answer txwire.Status
	id     txwire.ID
}

func (c *client) events() []event {
	if c.answer != "" || c.tries == c.cfg.Tries {
		return nil
	}
	return []event{{kind: onTry}}
}

func (c *client) do(e event) (f effects) {
	if e.kind == onTry {
		c.tries++
		once := c.cfg.Once && !c.started
		c.before, c.started = c.started, true
		f.sends = []*message{{kind: kindSubmit, from: c.cfg.Name, try: c.tries, body: c.cfg.submit(once)}}
		return f
	}
	o := e.msg.body.(txwire.Outcome)
	if e.msg.try != c.tries || c.answer != "" {
		return f
	}
	switch o.Status {
	case txwire.StatusCommitted, txwire.StatusAborted:
		c.answer, c.id = o.Status, o.ID
	case txwire.StatusRejected:
		if o.Code.Definite() {
			c.answer = o.Status
			return f
		}
		// This try has started nothing.
		c.started = c.before
	}
	return f
}

// done: it has its answer, or has no try left and reports "unknown" to its user.
func (c *client) done() bool { return c.answer != "" || c.tries == c.cfg.Tries }
