package coordinator

import (
	"context"
	"fmt"

	"parley/coordinator/machine"
	"parley/internal/respond"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// serve registers the request endpoints as a NATS micro service.
func (c *Coordinator) serve() (micro.Service, error) {
	const queue = txwire.QueueCoordinators
	return respond.Serve(c.deps.NATS, micro.Config{
		Name: "coordinator", Description: "two-phase commit across services",
		Metadata: map[string]string{"log": c.m.Log()},
	}, respond.Limits{Messages: maxPending, Bytes: maxPendingBytes}, c.cfg.Log,
		respond.Endpoint{Name: "submit", Subject: txwire.SubjectSubmit, Handle: c.onSubmit, Queue: queue},
		respond.Endpoint{Name: "status", Subject: txwire.SubjectStatus, Handle: c.onStatus, Queue: queue},
		respond.Endpoint{Name: "resolve", Subject: txwire.SubjectResolve, Handle: c.onResolve, Queue: queue},
		respond.Endpoint{Name: "abandon", Subject: txwire.SubjectAbandon, Handle: c.onAbandon, Queue: queue},
		respond.Endpoint{Name: "coordinators", Subject: txwire.SubjectCoordinators, Handle: c.onCoordinators})
}

func (c *Coordinator) onSubmit(req micro.Request) {
	m, err := wire.Decode[txwire.Submit](req.Data())
	if err != nil {
		c.answer(req.Reply(), wire.Encode(rejected(wire.CodeOf(err), err.Error())))
		return
	}
	if err := c.clock.Check(); err != nil {
		c.answer(req.Reply(), wire.Encode(rejected(wire.CodeUnavailable, "the coordinator takes no transactions: "+err.Error())))
		return
	}
	s := machine.Submission{
		Key: m.Key, Digest: m.Digest(), Branches: m.Branches, Once: m.Once,
		DecideBy: c.clock.Now().Add(m.Timeout()).UnixMilli(),
	}
	w := machine.Waiter{To: req.Reply(), Wait: m.Wait}
	if len(m.Events) > 0 {
		c.submitWithEvents(s, w, m.Events)
		return
	}
	c.postEvent(func() { c.submit(s, w) })
}

// submit starts a transaction. It runs in the loop.
func (c *Coordinator) submit(s machine.Submission, w machine.Waiter) {
	if c.full {
		c.answer(w.To, wire.Encode(rejected(wire.CodeBusy, "the commit log is full: commits are refused until unfinished transactions are acknowledged; see `parley tx list`")))
		return
	}
	c.m.Submit(s, w)
}

func rejected(code wire.Code, reason string) txwire.Outcome {
	return txwire.Outcome{V: wire.Version, Status: txwire.StatusRejected, Code: code, Reason: wire.Clip(reason)}
}

func (c *Coordinator) onResolve(req micro.Request) {
	r, err := wire.Decode[txwire.Resolve](req.Data())
	if err != nil {
		c.answer(req.Reply(), wire.Encode(unresolved(err)))
		return
	}
	c.postEvent(func() { c.m.Resolve(machine.Question{To: req.Reply(), Ask: r}) })
}

func unresolved(err error) txwire.Resolved {
	return txwire.Resolved{V: wire.Version, Status: txwire.StatusUnknown, Code: wire.CodeOf(err), Reason: wire.Clip(err.Error())}
}

func (c *Coordinator) onCoordinators(req micro.Request) {
	m, err := wire.Decode[txwire.CoordinatorsRequest](req.Data())
	if err != nil {
		c.malformed(&nats.Msg{Subject: req.Subject()}, err)
		respond.Log(c.cfg.Log, respond.Error(req, err))
		return
	}
	c.postEvent(func() {
		r := c.m.Report()
		if !m.From.IsZero() {
			r = c.m.ReportFrom(m.From)
		}
		r.Published = c.published
		r.Durability = string(c.stream.Durability.Durability)
		if err := c.Healthy(context.Background()); err != nil {
			r.Reason = wire.Clip(err.Error())
		}
		c.answer(req.Reply(), wire.Encode(r))
	})
}

func (c *Coordinator) onStatus(req micro.Request) {
	m, err := wire.Decode[txwire.StatusRequest](req.Data())
	if err != nil {
		c.answer(req.Reply(), wire.Encode(rejected(wire.CodeOf(err), err.Error())))
		return
	}
	c.postEvent(func() {
		abandoned := c.abandoned[m.ID]
		if o, ok := c.m.Status(m.ID); ok {
			o.Abandoned = abandoned
			c.answer(req.Reply(), wire.Encode(o))
			return
		}
		own := c.m.Log() == m.ID.Log
		err := c.lookup(func(ctx context.Context) {
			o := c.statusElsewhere(ctx, m.ID, own)
			o.Abandoned = abandoned
			c.answer(req.Reply(), wire.Encode(o))
		})
		if err != nil {
			c.answer(req.Reply(), wire.Encode(rejected(wire.CodeOf(err), err.Error())))
		}
	})
}

// lookup runs f, which requests answers of other processes, in a goroutine. It
// returns an error with code busy beyond maxLookups of them.
func (c *Coordinator) lookup(f func(context.Context)) error {
	if c.lookups >= maxLookups {
		return &wire.Error{Code: wire.CodeBusy, Text: fmt.Sprintf("%d requests that need other processes are pending, the limit is %d", c.lookups, maxLookups)}
	}
	c.lookups++
	c.goDo(func(ctx context.Context) {
		f(ctx)
		c.postEvent(func() { c.lookups-- })
	})
	return nil
}

// maxLookups bounds the requests that need answers of other processes: each takes up
// to three seconds, and is sent to every participant.
const maxLookups = 64
