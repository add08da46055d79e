package coordinator

import (
	"strings"
	"time"

	"parley/coordinator/machine"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// Handlers run on the goroutines of their subscriptions: they decode there, and
// leave the deciding to the loop.

func (c *Coordinator) onVote(msg *nats.Msg) {
	_, participant, id, err := txwire.ParseSubject(msg.Subject)
	if err != nil {
		c.malformed(msg, err)
		return
	}
	v, err := wire.Decode[txwire.Vote](msg.Data)
	if err != nil {
		c.malformed(msg, err)
		return
	}
	c.post(func() {
		c.present.hear(participant, time.Now())
		c.m.Vote(id, participant, v)
	})
}

func (c *Coordinator) onAck(msg *nats.Msg) {
	_, participant, id, err := txwire.ParseSubject(msg.Subject)
	if err != nil {
		c.malformed(msg, err)
		return
	}
	a, err := wire.Decode[txwire.Ack](msg.Data)
	if err != nil {
		c.malformed(msg, err)
		return
	}
	c.post(func() { c.m.Ack(id, participant, a) })
}

func (c *Coordinator) onOwner(msg *nats.Msg) {
	r, err := wire.Decode[txwire.Resolve](msg.Data)
	if err != nil {
		c.malformed(msg, err)
		c.answer(msg.Reply, wire.Encode(unresolved(err)))
		return
	}
	c.post(func() { c.m.Owner(machine.Question{To: msg.Reply, Ask: r}) })
}

// listenForNotices subscribes to the reply subjects of prepares, where the
// broker says that nobody listens.
func (c *Coordinator) listenForNotices() (*nats.Subscription, error) {
	return c.deps.NATS.Subscribe(c.inbox+".>", func(msg *nats.Msg) {
		if len(msg.Data) != 0 || msg.Header.Get("Status") != "503" {
			return
		}
		participant, rest, _ := strings.Cut(strings.TrimPrefix(msg.Subject, c.inbox+"."), ".")
		id, err := txwire.ParseID(rest)
		if err != nil {
			c.malformed(msg, err)
			return
		}
		c.post(func() {
			if !c.justReconnected() && !c.present.expected(participant, time.Now()) {
				c.m.NoSubscriber(id, participant)
			}
		})
	})
}

// reconnectGrace is how long after a reconnect nobody is taken to be absent:
// after a broker's restart a participant may be a moment behind. The prepare is
// sent again.
const reconnectGrace = 3 * time.Second

func (c *Coordinator) justReconnected() bool {
	if n := c.deps.NATS.Stats().Reconnects; n != c.reconnects {
		c.reconnects, c.reconnectedAt = n, time.Now()
	}
	return c.reconnects > 0 && time.Since(c.reconnectedAt) < reconnectGrace
}

func (c *Coordinator) malformed(msg *nats.Msg, err error) {
	c.cfg.Log.Warn("ignored a malformed message", "subject", msg.Subject, "error", err)
}
