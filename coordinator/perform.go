package coordinator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/coordinator/machine"
	"parley/internal/pause"
	"parley/internal/respond"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// Pauses before a write or a read without a definite answer is repeated: long
// enough not to overload a broker during an election, short compared to one.
const (
	appendPause  = 20 * time.Millisecond
	readPause    = 100 * time.Millisecond
	maxReadPause = 2 * time.Second
)

// perform executes the machine's actions.
func (c *Coordinator) perform(actions []machine.Action) {
	for i, a := range actions {
		switch a := a.(type) {
		case machine.SendPrepare:
			c.sendPrepare(a)
			if i+1 == len(actions) || !sendsPrepare(actions[i+1]) {
				c.step(StepPrepareSent)
			}
		case machine.SendCommit:
			c.publish(txwire.Subject(txwire.KindCommit, a.To, a.ID), wire.Encode(a.Msg))
			if i+1 == len(actions) || !sendsCommit(actions[i+1]) {
				c.step(StepCommitSent)
			}
		case machine.Publish:
			c.publishEvent(a)
		case machine.SendAbort:
			c.timers.retry(a.ID)
			c.publish(txwire.Subject(txwire.KindAbort, a.To, a.ID), wire.Encode(a.Msg))
		case machine.Reply:
			c.reply(a)
		case machine.Answer:
			a.Resolved.Incarnation = c.incarnation
			c.answer(a.To, wire.Encode(a.Resolved))
		case machine.AskOwner:
			c.askOwner(a.Question)
		case machine.Open:
			c.goDo(c.openLog)
		case machine.Append:
			select {
			case c.appends <- a:
			default: // appendOwn waits for another answer
				c.goDo(func(ctx context.Context) { c.append(ctx, a) })
			}
		case machine.ReadAfter:
			c.goDo(func(ctx context.Context) { c.readAfter(ctx, a) })
		case machine.ReadLog:
			c.goDo(func(ctx context.Context) { c.readLog(ctx, a) })
		case machine.Purge:
			c.step(StepPurgeBefore)
			c.purge(a)
		case machine.Watch:
			c.timers.watch(a.ID, time.UnixMilli(a.DecideBy).Sub(c.clock.Now()))
		case machine.Unwatch:
			c.timers.unwatch(a.ID)
		case machine.Restart:
			c.goDo(func(ctx context.Context) { c.restart(ctx, a) })
		case machine.Adopted:
			c.adopted(a.Log)
		case machine.Released:
			c.unsubscribe(a.Log)
		case machine.LostLog:
			c.cfg.Log.Info("gave up the commit log", "log", a.Log, "why", a.Why)
		case machine.Forgotten:
			c.cfg.Log.Warn("a participant had applied a commit so long ago that it has collected the branch; it counts as applied",
				"tx", a.ID.String(), "participant", a.Participant)
		case machine.Alarm:
			c.cfg.Log.Error("a participant refuses an outcome: data was lost, restored from a backup or modified",
				"tx", a.ID.String(), "participant", a.Participant, "reason", a.Text)
		}
	}
}

func sendsPrepare(a machine.Action) bool {
	_, ok := a.(machine.SendPrepare)
	return ok
}

func sendsCommit(a machine.Action) bool {
	_, ok := a.(machine.SendCommit)
	return ok
}

// answer sends data to a reply subject once: a request without an answer is
// repeated by its sender.
func (c *Coordinator) answer(reply string, data []byte) {
	respond.Log(c.cfg.Log, respond.To(c.deps.NATS, reply, data))
}

// publish sends data once: the machine has messages resent until they are answered.
func (c *Coordinator) publish(subject string, data []byte) {
	if err := c.deps.NATS.Publish(subject, data); err != nil {
		c.cfg.Log.Debug("publish failed, it will be repeated", "subject", subject, "error", err)
	}
}

// sendPrepare publishes with a reply subject, so that the broker can report a
// missing subscriber. An observer of tx.> subscribes to every prepare, so a
// participant that has not voted lately is pinged as a service, too.
func (c *Coordinator) sendPrepare(a machine.SendPrepare) {
	reply := c.inbox + "." + a.To + "." + a.ID.String()
	err := c.deps.NATS.PublishMsg(&nats.Msg{
		Subject: txwire.Subject(txwire.KindPrepare, a.To, a.ID), Reply: reply, Data: wire.Encode(a.Msg),
	})
	if err == nil && !c.present.votedLately(a.To, time.Now()) {
		err = c.deps.NATS.PublishRequest(txwire.PingSubject(a.To), reply, nil)
	}
	if err != nil {
		c.cfg.Log.Debug("publish failed, it will be repeated", "tx", a.ID.String(), "to", a.To, "error", err)
	}
}

func (c *Coordinator) reply(a machine.Reply) {
	c.answer(a.To, wire.Encode(a.Outcome))
	if a.Outcome.Status == txwire.StatusCommitted {
		c.step(StepAnswered)
	}
}

// appendOwn appends one record after another. A permanent goroutine has grown its
// stack already, which shortens the latency of a single transaction measurably.
func (c *Coordinator) appendOwn(ctx context.Context) {
	for {
		select {
		case a := <-c.appends:
			c.append(ctx, a)
		case <-ctx.Done():
			return
		}
	}
}

func (c *Coordinator) append(ctx context.Context, a machine.Append) {
	if a.Again && !pause.For(ctx, appendPause) {
		return
	}
	seal := a.Record.Kind == txwire.RecordSeal
	if !seal && len(a.Record.Commits) > 0 {
		c.step(StepAppendBefore)
	}
	answer, seq, err := c.log.Append(ctx, a.Log, a.Expect, a.Record)
	if bad, ok := errors.AsType[*streams.Error](err); ok {
		c.fail(fmt.Errorf("coordinator: appending to log %s: %w", a.Log, bad))
		return
	}
	switch {
	case err != nil:
		c.cfg.Log.Debug("append", "log", a.Log, "kind", a.Record.Kind, "error", err)
	case seal:
		c.cfg.Log.Info("sealed a log", "log", a.Log, "sequence", seq)
		c.step(StepSealAfter)
		if err := c.sameStream(ctx); err != nil {
			c.cfg.Log.Warn("a seal proves nothing yet", "log", a.Log, "error", err)
			answer = machine.AppendUnknown // reading the log finds the seal, and checks again
		}
	case len(a.Record.Commits) > 0:
		c.step(StepAppendAfter)
	}
	c.postEvent(func() { c.m.Appended(a.Log, a.Record.Nonce, answer, seq) })
}

func (c *Coordinator) readAfter(ctx context.Context, a machine.ReadAfter) {
	found, err := c.log.ReadAfter(ctx, a.Log, a.After)
	if err != nil {
		c.cannotRead(a.Log, err)
	}
	c.postEvent(func() { c.m.ReadAfter(a.Log, a.Nonce, found) })
}

func (c *Coordinator) readLog(ctx context.Context, a machine.ReadLog) {
	if a.Again && !pause.For(ctx, readPause) {
		return
	}
	for wait := readPause; ; wait = min(2*wait, maxReadPause) {
		found, err := c.log.Read(ctx, a.Log)
		if err == nil {
			err = c.sameStream(ctx)
		}
		if err == nil {
			c.postEvent(func() { c.m.Read(a.Log, found) })
			return
		}
		c.cannotRead(a.Log, err)
		if !pause.For(ctx, wait) {
			return
		}
	}
}

// unreadEvery bounds how often failed reads of commit logs are logged: during an
// election every read fails, and each is repeated many times a second.
const unreadEvery = time.Second

func (c *Coordinator) cannotRead(log string, err error) {
	c.unread.Do(func() {
		c.cfg.Log.Warn("a commit log cannot be read, trying again", "log", log, "error", err)
	})
}
