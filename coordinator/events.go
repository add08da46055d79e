package coordinator

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/coordinator/machine"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// outageProbe is how often an event is published to a stream that does not take its
// subjects. The events that wait for it are published by later resends.
const outageProbe = 250 * time.Millisecond

// outage is a stream that does not take events at the moment.
type outage struct {
	since time.Time
	probe time.Time // when the next event may be published
}

// publishEvent publishes an event. Its stream answers to the reply subject, which names
// the event. It never blocks: events delay no other message.
func (c *Coordinator) publishEvent(a machine.Publish) {
	e := a.Event
	if o := c.outages[e.Stream]; o != nil {
		if time.Now().Before(o.probe) {
			return // it is resent
		}
		o.probe = time.Now().Add(outageProbe)
	}
	msg := nats.NewMsg(e.Event.Subject)
	msg.Reply = c.acks + "." + txwire.EventMsgID(a.ID, e.Index)
	msg.Data = e.Event.Data
	for _, h := range e.Event.Headers {
		msg.Header[h.Name] = append(msg.Header[h.Name], h.Value)
	}
	msg.Header.Set(txwire.HeaderTx, a.ID.String())
	msg.Header.Set(jetstream.MsgIDHeader, txwire.EventMsgID(a.ID, e.Index))
	msg.Header.Set(jetstream.ExpectedStreamHeader, e.Stream)
	if err := c.deps.NATS.PublishMsg(msg); err != nil {
		c.cfg.Log.Debug("publish failed, it will be repeated", "subject", msg.Subject, "error", err)
	}
}

// subscribeAcks subscribes to the answers to published events.
func (c *Coordinator) subscribeAcks() (*nats.Subscription, error) {
	sub, err := c.deps.NATS.Subscribe(c.acks+".>", func(msg *nats.Msg) {
		id, index, err := parseAck(strings.TrimPrefix(msg.Subject, c.acks+"."))
		if err != nil {
			c.malformed(msg, err)
			return
		}
		a := ackOf(msg)
		c.postEvent(func() { c.onEventAnswer(id, index, a) })
	})
	if err != nil {
		return nil, fmt.Errorf("subscribing to the acknowledgements of events: %w", err)
	}
	return sub, sub.SetPendingLimits(maxPending, maxPendingBytes)
}

func parseAck(s string) (id txwire.ID, index int, err error) {
	at := strings.LastIndexByte(s, '.')
	if at < 0 {
		return id, 0, fmt.Errorf("%.80q names no event", s)
	}
	if id, err = txwire.ParseID(s[:at]); err == nil {
		index, err = strconv.Atoi(s[at+1:])
	}
	return id, index, err
}

// eventAnswer is the answer to a published event: the stream that has stored it, or why
// it was not stored. missing means that the event's stream does not take its subject.
type eventAnswer struct {
	stream, why string
	missing     bool
}

// notThatStream is the error code of the broker when another stream than the expected
// one takes the subject.
const notThatStream = 10060

func ackOf(msg *nats.Msg) eventAnswer {
	if natsconn.NoResponders(msg) {
		return eventAnswer{why: "no stream takes its subject any more", missing: true}
	}
	var ack struct {
		jetstream.PubAck
		Error *jetstream.APIError `json:"error"`
	}
	switch err := json.Unmarshal(msg.Data, &ack); {
	case err == nil && ack.Error != nil:
		return eventAnswer{why: ack.Error.Error(), missing: ack.Error.ErrorCode == notThatStream}
	case err != nil || ack.Stream == "" || ack.Sequence == 0:
		return eventAnswer{why: fmt.Sprintf("the answer %.80q is no acknowledgement of a stream", msg.Data)}
	default:
		return eventAnswer{stream: ack.Stream}
	}
}

// onEventAnswer processes the answer to a published event. Only the stream that is
// recorded with the event acknowledges it.
func (c *Coordinator) onEventAnswer(id txwire.ID, index int, a eventAnswer) {
	e, ok := c.m.EventOf(id, index)
	if !ok {
		return // it is settled
	}
	if a.stream == e.Stream {
		c.published++
		c.m.Published(id, index)
		if o := c.outages[e.Stream]; o != nil {
			delete(c.outages, e.Stream)
			c.cfg.Log.Info("a stream takes events again", "stream", e.Stream, "after", time.Since(o.since).Round(time.Second))
		}
		return
	}
	why := a.why
	if why == "" {
		why = fmt.Sprintf("it was stored in the stream %.80q instead", a.stream)
	}
	c.m.NotPublished(id, index, wire.Clip(fmt.Sprintf("%s, stream %s: %s", e.Event.Subject, e.Stream, why)))
	if a.missing && c.outages[e.Stream] == nil {
		now := time.Now()
		c.outages[e.Stream] = &outage{since: now, probe: now.Add(outageProbe)}
		c.cfg.Log.Error("a stream does not take the events of committed transactions: they are kept and published once it does; create it again, or give them up with `parley tx abandon`",
			"stream", e.Stream, "subject", e.Event.Subject, "tx", id.String(), "event", index, "why", why)
	} else if !a.missing {
		c.refusals.Do(func() {
			c.cfg.Log.Error("an event of a committed transaction is refused by its stream: it is kept and published again",
				"stream", e.Stream, "subject", e.Event.Subject, "tx", id.String(), "event", index, "why", why)
		})
	}
}

// refusedEvery bounds how often refusals of events are logged.
const refusedEvery = 10 * time.Second
