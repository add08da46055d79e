package coordinator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/coordinator/machine"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// logSubs are the subscriptions for one log: votes and acknowledgements of its
// transactions, and questions to its owner.
type logSubs struct{ subs []*nats.Subscription }

// openLog finds a fresh log: a random name that was never used, whose open
// record is acknowledged. An open without a clear answer is not repeated, the
// next try has another name: a late open record on a name that somebody has
// sealed, answered from and purged would look like a new log.
func (c *Coordinator) openLog(ctx context.Context) {
	for {
		log := randomToken()
		s, err := c.listen(log, true)
		if err == nil {
			var answer machine.AppendAnswer
			var seq uint64
			answer, seq, err = c.log.Append(ctx, log, 0, txwire.Record{
				V: wire.Version, Kind: txwire.RecordOpen, Nonce: randomToken(), By: log,
			})
			if answer == machine.AppendStored && err == nil {
				c.post(func() {
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
		if !pause(ctx, time.Second) {
			return
		}
	}
}

// adopted listens for what concerns a sealed log that is driven to its end.
// Answering as its owner keeps others from adopting it too.
func (c *Coordinator) adopted(log string) {
	if c.subs[log] != nil {
		return // it was the own log
	}
	s, err := c.listen(log, false)
	if err != nil {
		c.cfg.Log.Warn("listening for an adopted log", "log", log, "error", err)
		return
	}
	c.subs[log] = s
}

// listen subscribes to everything about a log. It returns what it has even if
// it fails.
func (c *Coordinator) listen(log string, votes bool) (*logSubs, error) {
	s := &logSubs{}
	add := func(subject string, h nats.MsgHandler) error {
		sub, err := c.deps.NATS.Subscribe(subject, h)
		if err != nil {
			return err
		}
		s.subs = append(s.subs, sub)
		return sub.SetPendingLimits(maxPending, maxPendingBytes)
	}
	if err := add(txwire.LogFilter(txwire.KindAck, log), c.onAck); err != nil {
		return s, err
	}
	if err := add(txwire.OwnerSubject(log), c.onOwner); err != nil {
		return s, err
	}
	if !votes {
		return s, nil
	}
	return s, add(txwire.LogFilter(txwire.KindVote, log), c.onVote)
}

// Bounds on messages that wait for a handler; what is beyond them is dropped
// by the client library and asked for again.
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
