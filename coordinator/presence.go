package coordinator

import (
	"context"
	"math/rand/v2"
	"time"

	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

const (
	// heardFor is how long after its last vote a participant is taken to be
	// there.
	heardFor = 2 * time.Second
	// backWithin is how long a participant that was here before may be missed
	// until it is taken to be gone: it is being restarted, and an order that
	// waits is better than one that fails. It is the time-out of an order that
	// has none of its own, so that such a one ends by that and those that come
	// later are refused at once.
	backWithin = txwire.DefaultTimeout
	// lookEvery is about how often participants are asked who they are.
	lookEvery = 10 * time.Second
	// maxHeard bounds the participants that are remembered; one that is
	// forgotten is looked for with its next prepare.
	maxHeard = 1024
)

// presence is what the loop knows of which participants are there. No outcome
// depends on it but when a transaction that could not commit now is aborted.
type presence map[string]signs

// signs are those of one participant.
type signs struct {
	// heard is when it voted last; zero: it only said that it is there.
	heard time.Time
	// missed is when the broker said first since then that nobody listens, and
	// missing when it said so last; zero: it has not.
	missed, missing time.Time
}

// hear notes a vote.
func (p presence) hear(participant string, now time.Time) {
	if _, known := p[participant]; !known && len(p) >= maxHeard {
		clear(p)
	}
	p[participant] = signs{heard: now}
}

// know notes that a participant said that it is there.
func (p presence) know(participant string) { p.hear(participant, p[participant].heard) }

// lately reports whether it voted a moment ago, and need not be looked for.
func (p presence) lately(participant string, now time.Time) bool {
	return now.Sub(p[participant].heard) <= heardFor
}

// expected is told that the broker found nobody, and reports whether the
// participant is taken to be on its way back. One that was never here is not: its
// name may be wrong, and whoever submitted it wants to know at once.
func (p presence) expected(participant string, now time.Time) bool {
	s, known := p[participant]
	if !known {
		return false
	}
	// What was missed long ago has been back since, or nobody has asked for it.
	if now.Sub(s.missing) > backWithin {
		s.missed = now
	}
	s.missing = now
	p[participant] = s
	return now.Sub(s.missed) < backWithin
}

// lookAround asks every participant who it is, at the start and from time to
// time: one that has not voted here yet is known all the same when it is missed.
func (c *Coordinator) lookAround(ctx context.Context) {
	inbox := c.deps.NATS.NewInbox()
	sub, err := c.deps.NATS.Subscribe(inbox, func(msg *nats.Msg) {
		if len(msg.Data) == 0 {
			return // nobody is there
		}
		b, err := wire.Decode[txwire.Branches](msg.Data)
		if err != nil {
			c.malformed(msg, err)
			return
		}
		c.post(func() { c.present.know(b.Participant) })
	})
	if err != nil {
		c.cfg.Log.Warn("participants cannot be asked who they are", "error", err)
		return
	}
	defer func() { _ = sub.Unsubscribe() }()
	for {
		// A key that nobody has, so that the answers are empty.
		q := wire.Encode(txwire.BranchQuery{V: wire.Version, Key: randomToken()})
		if err := c.deps.NATS.PublishRequest(txwire.SubjectBranches, inbox, q); err != nil {
			c.cfg.Log.Debug("publish failed, it will be repeated", "subject", txwire.SubjectBranches, "error", err)
		}
		if !pause(ctx, lookEvery/2+rand.N(lookEvery)) {
			return
		}
	}
}
