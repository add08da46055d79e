package coordinator

import (
	"context"
	"errors"
	"time"

	"parley/coordinator/machine"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// gatherFor is how long participants have to answer about a transaction: they read
// one row.
const gatherFor = 300 * time.Millisecond

// statusElsewhere returns the status of a transaction that is not held here,
// according to its owner, its log or its participants. It seals nothing, so the
// status may be unknown.
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
	_, ok := commitOf(found, id)
	return ok
}

// commitOf returns the commit of a transaction among the records of its log.
func commitOf(found []machine.Stored, id txwire.ID) (txwire.Committed, bool) {
	for _, s := range found {
		for _, t := range s.Record.Commits {
			if t.N == id.N {
				return t, true
			}
		}
	}
	return txwire.Committed{}, false
}

// askParticipants concludes the outcome from branches. A committed branch decides it
// immediately. An aborted one does only if no other answer arrives within gatherFor:
// a second journal under a participant's name, which did not vote, aborts its branch
// of a transaction that committed.
func (c *Coordinator) askParticipants(ctx context.Context, o txwire.Outcome) txwire.Outcome {
	o.Code, o.Reason = wire.CodeNotFound, "neither a log nor a participant knows it"
	ctx, cancel := context.WithTimeout(ctx, gatherFor)
	defer cancel()
	q := wire.Encode(txwire.BranchQuery{V: wire.Version, ID: o.ID})
	err := natsconn.Gather(ctx, c.deps.NATS, txwire.SubjectBranches, q, func(msg *nats.Msg) bool {
		b, err := wire.Decode[txwire.Branches](msg.Data)
		if err != nil {
			c.malformed(msg, err)
			return true
		}
		conclude(&o, b)
		return o.Status != txwire.StatusCommitted
	})
	if err != nil && !errors.Is(err, nats.ErrNoResponders) {
		c.cfg.Log.Debug("requesting the participants' branches failed", "tx", o.ID.String(), "error", err)
	}
	return o
}

// conclude updates an outcome with the answer of a participant.
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
