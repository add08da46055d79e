package observe

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"parley/internal/cli"
	"parley/wire/txwire"
)

// maxBehind bounds the messages that wait to be printed. A terminal that is too
// slow loses messages, and their number is reported.
const maxBehind = 16384

// Watch is what is observed: one transaction, if that is not zero, and so many
// messages, if that is not 0.
type Watch struct {
	Tx    txwire.ID
	Count int
}

// Run prints messages until ctx ends or there were enough.
func (c Watch) Run(ctx context.Context, a *cli.App, nc *nats.Conn) error {
	// One channel for all subscriptions keeps the order of arrival.
	box := make(chan *nats.Msg, maxBehind)
	var subs []*nats.Subscription
	for _, subject := range c.subjects() {
		sub, err := nc.ChanSubscribe(subject, box)
		if err != nil {
			return fmt.Errorf("subscribing to %s: %w", subject, err)
		}
		subs = append(subs, sub)
	}
	if err := nc.FlushTimeout(cli.ReachTimeout); err != nil {
		return fmt.Errorf("subscribing: %w", err)
	}
	for shown := 0; c.Count == 0 || shown < c.Count; {
		select {
		case <-ctx.Done():
			return c.lost(a, subs)
		case msg := <-box:
			o, ok := observe(msg.Subject, msg.Data, time.Now())
			if !ok || !c.wants(o) {
				continue
			}
			shown++
			if a.JSON {
				a.PrintJSON(o)
			} else {
				a.Printf("%s\n", o.line(a.Colour))
			}
		}
	}
	return c.lost(a, subs)
}

// subjects are those of the protocol, or of one transaction in it.
func (c Watch) subjects() []string {
	if !c.Tx.IsZero() {
		return []string{txwire.Filter(c.Tx), txwire.LogSubject(c.Tx.Log), txwire.OwnerSubject(c.Tx.Log), txwire.SubjectStatus, txwire.SubjectResolve}
	}
	all := []string{txwire.SubjectSubmit, txwire.SubjectStatus, txwire.SubjectResolve, txwire.OwnerSubject("*"), txwire.LogSubject("*")}
	for _, kind := range []string{txwire.KindPrepare, txwire.KindVote, txwire.KindCommit, txwire.KindAbort, txwire.KindAck} {
		all = append(all, txwire.ParticipantFilter(kind, "*"))
	}
	return all
}

// wants keeps to one transaction what the subjects cannot.
func (c Watch) wants(o observed) bool {
	return c.Tx.IsZero() || o.ID == c.Tx || o.mentions(c.Tx)
}

// lost reports how many messages arrived faster than they could be printed.
func (c Watch) lost(a *cli.App, subs []*nats.Subscription) error {
	n := 0
	for _, s := range subs {
		if d, err := s.Dropped(); err == nil {
			n += d
		}
	}
	if n > 0 {
		return cli.Failed(fmt.Errorf("%d messages came faster than they could be printed and are missing above", n), "observe one transaction with --tx ID, or write to a file")
	}
	return nil
}
