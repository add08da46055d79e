package coordinator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"parley/coordinator/machine"
	"parley/internal/pause"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// logSubs are the subscriptions for one log: votes and acknowledgements of its
// transactions, and questions to its owner.
type logSubs struct{ subs []*nats.Subscription }

// openLog creates a log: a random name that was never used, whose open record is
// acknowledged. After an append without a definite answer the next attempt uses
// another name: a late open record under a name that another coordinator has sealed,
// answered from and purged would look like a new log.
func (c *Coordinator) openLog(ctx context.Context) {
	for {
		log := wire.NewToken()
		s, err := c.subscribe(log, true)
		if err == nil {
			var answer machine.AppendAnswer
			var seq uint64
			answer, seq, err = c.log.Append(ctx, log, 0, txwire.Record{
				V: wire.Version, Kind: txwire.RecordOpen, Nonce: wire.NewToken(), By: log,
			})
			if answer == machine.AppendStored && err == nil {
				c.postEvent(func() {
					c.subs[log] = s
					c.m.Opened(log, seq)
					c.cfg.Log.Info("opened a commit log", "log", log, "sequence", seq)
				})
				return
			}
		}
		s.close()
		if bad, ok := errors.AsType[*streams.Error](err); ok {
			c.fail(fmt.Errorf("coordinator: opening a commit log: %w", bad))
			return
		}
		c.cfg.Log.Warn("opening a commit log failed, trying again with another name", "error", err)
		if !pause.For(ctx, time.Second) {
			return
		}
	}
}

// adopted subscribes to the messages about a sealed log whose commits are being
// completed. Answering as its owner keeps others from adopting it too.
func (c *Coordinator) adopted(log string) {
	if c.subs[log] != nil {
		return // it was the own log
	}
	s, err := c.subscribe(log, false)
	if err != nil {
		c.cfg.Log.Warn("subscribing to the messages about an adopted log failed", "log", log, "error", err)
		return
	}
	c.subs[log] = s
}

// subscribe subscribes to the messages about a log. If it fails it returns the
// subscriptions made so far with the error.
func (c *Coordinator) subscribe(log string, votes bool) (*logSubs, error) {
	s := &logSubs{}
	add := func(subject string, h nats.MsgHandler) error {
		sub, err := c.deps.NATS.Subscribe(subject, h)
		if err != nil {
			return err
		}
		s.subs = append(s.subs, sub)
		return sub.SetPendingLimits(maxPending, maxPendingBytes)
	}
	err := cmp.Or(add(txwire.LogFilter(txwire.KindAck, log), c.onAck), add(txwire.OwnerSubject(log), c.onOwner))
	if err == nil && votes {
		err = add(txwire.LogFilter(txwire.KindVote, log), c.onVote)
	}
	return s, err
}

// Bounds on messages that wait for a handler. The client library drops messages
// beyond them; their senders repeat them.
const (
	maxPending      = 65536
	maxPendingBytes = 64 << 20
)

func (s *logSubs) close() {
	for _, sub := range s.subs {
		_ = sub.Unsubscribe() // fails only if the connection is closed
	}
}

func (c *Coordinator) unsubscribe(log string) {
	if s := c.subs[log]; s != nil {
		s.close()
		delete(c.subs, log)
	}
}

func (c *Coordinator) unsubscribeAll() {
	for log := range c.subs {
		c.unsubscribe(log)
	}
}
