package coordinator

import (
	"strings"
	"time"

	"parley/coordinator/machine"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// Handlers run on the goroutines of their subscriptions: they decode the message,
// and post an event to the loop.

func (c *Coordinator) onVote(msg *nats.Msg) {
	fromParticipant(c, msg, func(participant string, id txwire.ID, v txwire.Vote) {
		c.present.voted(participant, time.Now())
		c.m.Vote(id, participant, v)
	})
}

func (c *Coordinator) onAck(msg *nats.Msg) {
	fromParticipant(c, msg, func(participant string, id txwire.ID, a txwire.Ack) { c.m.Ack(id, participant, a) })
}

// fromParticipant decodes a participant's message and posts its event.
func fromParticipant[T any, M wire.Message[T]](c *Coordinator, msg *nats.Msg, event func(participant string, id txwire.ID, m T)) {
	_, participant, id, err := txwire.ParseSubject(msg.Subject)
	if err != nil {
		c.malformed(msg, err)
		return
	}
	m, err := wire.Decode[T, M](msg.Data)
	if err != nil {
		c.malformed(msg, err)
		return
	}
	c.postEvent(func() { event(participant, id, m) })
}

func (c *Coordinator) onOwner(msg *nats.Msg) {
	r, err := wire.Decode[txwire.Resolve](msg.Data)
	if err != nil {
		c.malformed(msg, err)
		c.answer(msg.Reply, wire.Encode(unresolved(err)))
		return
	}
	c.postEvent(func() { c.m.Owner(machine.Question{To: msg.Reply, Ask: r}) })
}

// subscribeNotices subscribes to the reply subjects of prepares, where the broker
// reports that a prepare has no subscriber.
func (c *Coordinator) subscribeNotices() (*nats.Subscription, error) {
	return c.deps.NATS.Subscribe(c.inbox+".>", func(msg *nats.Msg) {
		if !natsconn.NoResponders(msg) {
			return
		}
		participant, rest, _ := strings.Cut(strings.TrimPrefix(msg.Subject, c.inbox+"."), ".")
		id, err := txwire.ParseID(rest)
		if err != nil {
			c.malformed(msg, err)
			return
		}
		c.postEvent(func() {
			if !c.justReconnected() && !c.present.missing(participant, time.Now()) {
				c.m.NoSubscriber(id, participant)
			}
		})
	})
}

// reconnectGrace is how long after a reconnect no participant is considered absent:
// after a broker's restart a participant may reconnect a moment later. The prepare
// is resent.
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
