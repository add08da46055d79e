package coordinator

import (
	"context"
	"time"

	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// gatherFor is how long participants have to say what they know of a
// transaction: they read one row.
const gatherFor = 300 * time.Millisecond

// statusElsewhere finds out about a transaction that is not held here: from its
// owner, from its log, from its participants. It seals nothing, so it may end
// as unknown.
func (c *Coordinator) statusElsewhere(ctx context.Context, id txwire.ID, own bool) txwire.Outcome {
	o := txwire.Outcome{V: wire.Version, Status: txwire.StatusUnknown, ID: id}
	if !own {
		r, ok := c.owner(ctx, txwire.Resolve{V: wire.Version, ID: id})
		if ok && r.Status != txwire.StatusUnknown {
			o.Status = r.Status
			return o
		}
		if c.inLog(ctx, id) {
			o.Status = txwire.StatusCommitted
			return o
		}
	}
	return c.askParticipants(ctx, o)
}

func (c *Coordinator) inLog(ctx context.Context, id txwire.ID) bool {
	found, err := c.log.Read(ctx, id.Log)
	if err != nil {
		c.cannotRead(id.Log, err)
	}
	for _, s := range found {
		for _, t := range s.Record.Commits {
			if t.N == id.N {
				return true
			}
		}
	}
	return false
}

// askParticipants concludes from branches. One that committed settles it at
// once. One that aborted does so only if nobody says otherwise in time: a second
// journal under a participant's name, which did not vote, aborts its branch of a
// transaction that committed.
func (c *Coordinator) askParticipants(ctx context.Context, o txwire.Outcome) txwire.Outcome {
	o.Code, o.Reason = wire.CodeNotFound, "neither a log nor a participant knows it"
	inbox := c.deps.NATS.NewInbox()
	answers := make(chan *nats.Msg, 256)
	sub, err := c.deps.NATS.ChanSubscribe(inbox, answers)
	if err != nil {
		return o
	}
	defer func() { _ = sub.Unsubscribe() }()
	q := wire.Encode(txwire.BranchQuery{V: wire.Version, ID: o.ID})
	if err := c.deps.NATS.PublishRequest(txwire.SubjectBranches, inbox, q); err != nil {
		return o
	}
	ctx, cancel := context.WithTimeout(ctx, gatherFor)
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return o
		case msg := <-answers:
			if len(msg.Data) == 0 {
				return o // nobody listens
			}
			b, err := wire.Decode[txwire.Branches](msg.Data)
			if err != nil {
				c.malformed(msg, err)
				continue
			}
			if conclude(&o, b); o.Status == txwire.StatusCommitted {
				return o
			}
		}
	}
}

// conclude adds the answer of a participant to what is known.
func conclude(o *txwire.Outcome, answer txwire.Branches) {
	for _, b := range answer.Branches {
		if b.ID != o.ID {
			continue
		}
		o.Key, o.Participant = b.Key, answer.Participant
		switch b.State {
		case txwire.BranchCommitted:
			o.Status, o.Code, o.Reason = txwire.StatusCommitted, "", ""
			return
		case txwire.BranchAborted:
			o.Status, o.Code, o.Reason = txwire.StatusAborted, wire.CodeAborted, b.Reason
		default:
			if o.Status == txwire.StatusAborted {
				continue
			}
			o.Code, o.Reason = wire.CodeUndecided, answer.Participant+" is in doubt about it"
		}
	}
}
