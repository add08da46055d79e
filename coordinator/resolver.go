package coordinator

import (
	"context"
	"errors"
	"time"

	"parley/coordinator/machine"
	"parley/internal/pause"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

const (
	// An owner that answers none of these requests is considered silent: after
	// at most about two seconds, sooner if it has no subscription.
	ownerTries   = 4
	ownerTimeout = 500 * time.Millisecond
	ownerPause   = 300 * time.Millisecond
	// pendingGrace is how long past its decide_by an owner may be undecided
	// before its log is sealed: it may be stuck in an append.
	pendingGrace = 5 * time.Second
	// maxQuestions bounds the questions that wait for one owner. A question beyond
	// it is dropped, and repeated by its sender.
	maxQuestions = 4096
)

// inquiry holds the questions that wait while another one to the same owner is
// pending. If the owner does not answer that one, all of them count as unanswered.
type inquiry struct{ waiting []machine.Question }

// askOwner forwards a question to the owner of its log, one at a time for each log.
func (c *Coordinator) askOwner(q machine.Question) {
	log := q.Ask.ID.Log
	if i := c.inquiries[log]; i != nil {
		if len(i.waiting) < maxQuestions {
			i.waiting = append(i.waiting, q)
		}
		return
	}
	c.inquiries[log] = &inquiry{}
	c.forward(q)
}

func (c *Coordinator) forward(q machine.Question) {
	c.goDo(func(ctx context.Context) {
		r, ok := c.owner(ctx, q.Ask)
		c.postEvent(func() { c.ownerAnswered(q, r, ok) })
	})
}

// ownerAnswered, in the loop, forwards the owner's answer, or has the log sealed.
func (c *Coordinator) ownerAnswered(q machine.Question, r txwire.Resolved, ok bool) {
	log := q.Ask.ID.Log
	i := c.inquiries[log]
	stuck := ok && r.Status == txwire.StatusPending && q.Ask.DecideBy > 0 &&
		c.clock.Now().After(time.UnixMilli(q.Ask.DecideBy).Add(pendingGrace))
	if !ok || stuck {
		delete(c.inquiries, log)
		for _, q := range append(i.waiting, q) {
			c.m.OwnerSilent(q)
		}
		return
	}
	c.answer(q.To, wire.Encode(r))
	if len(i.waiting) == 0 {
		delete(c.inquiries, log)
		return
	}
	next := i.waiting[0]
	i.waiting = i.waiting[1:]
	c.forward(next)
}

// owner requests the answer of a log's owner, up to ownerTries times; false means
// that the owner does not answer.
func (c *Coordinator) owner(ctx context.Context, ask txwire.Resolve) (txwire.Resolved, bool) {
	data := wire.Encode(ask)
	for try := range ownerTries {
		if try > 0 && !pause.For(ctx, ownerPause) {
			break
		}
		rctx, cancel := context.WithTimeout(ctx, ownerTimeout)
		msg, err := c.deps.NATS.RequestWithContext(rctx, txwire.OwnerSubject(ask.ID.Log), data)
		cancel()
		if err != nil {
			if errors.Is(err, nats.ErrConnectionClosed) {
				break
			}
			continue
		}
		r, err := wire.Decode[txwire.Resolved](msg.Data)
		if err == nil {
			return r, true
		}
		c.malformed(msg, err)
	}
	return txwire.Resolved{}, false
}
