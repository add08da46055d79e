package coordinator

import (
	"context"
	"fmt"
	"slices"
	"time"

	"parley/coordinator/machine"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// submitWithEvents starts a transaction with events, once it is known which streams take
// them.
func (c *Coordinator) submitWithEvents(s machine.Submission, w machine.Waiter, events []txwire.Event) {
	if err := c.streams.allowed(events); err != nil {
		c.postEvent(func() { c.refuseEvents(s, w, err) })
		return
	}
	found, certain, err := c.streams.find(events, time.Now())
	c.postEvent(func() {
		switch {
		case err == nil:
			if c.streams.stale(time.Now()) {
				c.goDo(c.refreshStreams)
			}
			s.Events = found
			c.submit(s, w)
		case certain:
			c.refuseEvents(s, w, err)
		default:
			if err := c.lookup(func(ctx context.Context) { c.findStreams(ctx, s, w, events) }); err != nil {
				c.reject(s.Key, w, err)
			}
		}
	})
}

// findStreams reads the streams and starts the transaction.
func (c *Coordinator) findStreams(ctx context.Context, s machine.Submission, w machine.Waiter, events []txwire.Event) {
	if err := c.streams.read(ctx); err != nil {
		c.reject(s.Key, w, &wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("nothing was started: %v", err)})
		return
	}
	found, _, err := c.streams.find(events, time.Now())
	c.postEvent(func() {
		if err != nil {
			c.refuseEvents(s, w, err)
			return
		}
		s.Events = found
		c.submit(s, w)
	})
}

// refreshStreams reads the streams while those known are used.
func (c *Coordinator) refreshStreams(ctx context.Context) {
	if err := c.streams.read(ctx); err != nil && ctx.Err() == nil {
		c.cfg.Log.Debug("the streams of events cannot be listed", "error", err)
	}
}

// refuseEvents refuses a submission because of its events. That depends on the streams and
// on a list that can change: an earlier submission with the key may have committed. So
// the refusal is definite only if the key is new, or a participant does not hold it.
func (c *Coordinator) refuseEvents(s machine.Submission, w machine.Waiter, why error) {
	if s.Once {
		c.reject(s.Key, w, why)
		return
	}
	err := c.lookup(func(ctx context.Context) {
		if !c.keyIsFree(ctx, s) {
			why = &wire.Error{Code: wire.CodeUnavailable, Text: "nothing was started, and its participants may hold the key of an earlier submission: " + why.Error()}
		}
		c.reject(s.Key, w, why)
	})
	if err != nil {
		c.reject(s.Key, w, err)
	}
}

// keyIsFree reports whether a participant of the submission holds no branch with its key
// that is prepared or committed, so that no transaction with the key has committed.
func (c *Coordinator) keyIsFree(ctx context.Context, s machine.Submission) (free bool) {
	ctx, cancel := context.WithTimeout(ctx, gatherFor)
	defer cancel()
	q := wire.Encode(txwire.BranchQuery{V: wire.Version, Key: s.Key})
	_ = natsconn.Gather(ctx, c.deps.NATS, txwire.SubjectBranches, q, func(msg *nats.Msg) bool {
		answer, err := wire.Decode[txwire.Branches](msg.Data)
		if err != nil {
			c.malformed(msg, err)
			return true
		}
		takesPart := slices.ContainsFunc(s.Branches, func(b txwire.Branch) bool { return b.Participant == answer.Participant })
		holds := slices.ContainsFunc(answer.Branches, func(b txwire.BranchInfo) bool { return b.State != txwire.BranchAborted })
		free = takesPart && !holds && answer.Code == ""
		return !free
	}) // without any answer the key may be held
	return free
}

func (c *Coordinator) reject(key string, w machine.Waiter, err error) {
	o := rejected(wire.CodeOf(err), err.Error())
	o.Key = key
	c.answer(w.To, wire.Encode(o))
}
