package coordinator

import (
	"strings"

	"parley/coordinator/machine"
	"parley/wire"

	"github.com/nats-io/nats.go"
)

// Handlers run on the goroutines of their subscriptions: they decode there, and
// leave the deciding to the loop.

func (c *Coordinator) onVote(msg *nats.Msg) {
	_, participant, id, err := wire.ParseTxSubject(msg.Subject)
	if err != nil {
		c.malformed(msg, err)
		return
	}
	v, err := wire.Decode[wire.Vote](msg.Data)
	if err != nil {
		c.malformed(msg, err)
		return
	}
	c.post(func() { c.m.Vote(id, participant, v) })
}

func (c *Coordinator) onAck(msg *nats.Msg) {
	_, participant, id, err := wire.ParseTxSubject(msg.Subject)
	if err != nil {
		c.malformed(msg, err)
		return
	}
	a, err := wire.Decode[wire.Ack](msg.Data)
	if err != nil {
		c.malformed(msg, err)
		return
	}
	c.post(func() { c.m.Ack(id, participant, a) })
}

func (c *Coordinator) onOwner(msg *nats.Msg) {
	r, err := wire.Decode[wire.Resolve](msg.Data)
	if err != nil {
		c.malformed(msg, err)
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
		id, err := wire.ParseTxID(rest)
		if err != nil {
			c.malformed(msg, err)
			return
		}
		c.post(func() { c.m.NoSubscriber(id, participant) })
	})
}

func (c *Coordinator) malformed(msg *nats.Msg, err error) {
	c.cfg.Log.Warn("ignored a malformed message", "subject", msg.Subject, "error", err)
}
