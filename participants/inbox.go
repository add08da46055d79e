package participants

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"parley/wire"
	"parley/wire/txwire"
)

// These bound the messages of one subscription that wait for their handler, in number and
// bytes. Handlers only decode and queue, so the bounds are reached only if this process
// lacks CPU; dropped messages are sent again.
const (
	maxPending      = 1 << 14
	maxPendingBytes = 32 << 20
)

// inbox has the subscriptions of the protocol. All instances with one journal share a
// queue group, so that each message reaches one of them; an instance with another journal
// receives its own copy, and does not answer messages for other journals.
type inbox struct {
	s                         *service
	prepares, commits, aborts *subscription
}

// subscription is one subscription; ended is closed when its last message was handled.
type subscription struct {
	*nats.Subscription
	ended chan struct{}
}

func (in *inbox) open() (err error) {
	if in.prepares, err = in.subscribe(txwire.KindPrepare, readPrepare); err != nil {
		return err
	}
	if in.commits, err = in.subscribe(txwire.KindCommit, readCommit); err != nil {
		return err
	}
	in.aborts, err = in.subscribe(txwire.KindAbort, readAbort)
	return err
}

func (in *inbox) subscribe(kind string, read func(txwire.ID, []byte) (*op, error)) (*subscription, error) {
	subject := txwire.ParticipantFilter(kind, in.s.cfg.Name)
	raw, err := in.s.deps.NATS.QueueSubscribe(subject, in.s.group(), func(m *nats.Msg) { in.s.receive(m, read) })
	if err != nil {
		return nil, fmt.Errorf("subscribing to %s: %w", subject, err)
	}
	sub := &subscription{Subscription: raw, ended: make(chan struct{})}
	sub.SetClosedHandler(func(string) { close(sub.ended) })
	if err := sub.SetPendingLimits(maxPending, maxPendingBytes); err != nil {
		return nil, fmt.Errorf("limiting %s: %w", subject, err)
	}
	return sub, nil
}

// stopPrepares stops receiving prepares; the coordinator repeats those that wait, and
// another instance receives them. It ignores errors, which mean that the connection is
// closed.
func (in *inbox) stopPrepares() {
	if in.prepares != nil {
		_ = in.prepares.Unsubscribe()
	}
}

// drain stops receiving messages, and returns when those that have arrived are queued, or
// ctx ends.
func (in *inbox) drain(ctx context.Context) {
	subs := []*subscription{in.prepares, in.commits, in.aborts}
	for _, sub := range subs {
		if sub != nil {
			_ = sub.Drain() // fails when closed already
		}
	}
	for _, sub := range subs {
		if sub == nil {
			continue
		}
		select {
		case <-sub.ended:
		case <-ctx.Done():
		}
	}
}

// group returns the queue group of the instances that share this journal.
func (s *service) group() string { return s.cfg.Name + "-" + s.journal.id }

// receive runs in the goroutine of one subscription and does the work that does not need
// the committer.
func (s *service) receive(m *nats.Msg, read func(txwire.ID, []byte) (*op, error)) {
	_, _, id, err := txwire.ParseSubject(m.Subject)
	if err == nil && id.N > maxN {
		err = fmt.Errorf("number %d of the transaction is beyond %d", id.N, int64(maxN))
	}
	var o *op
	if err == nil {
		o, err = read(id, m.Data)
	}
	if err != nil {
		s.counts.malformed.Add(1)
		s.cfg.Log.Warn("ignored a malformed message", "subject", m.Subject, "bytes", len(m.Data), "error", err)
		return
	}
	if o.prepare != nil {
		if why := s.abstains(); why != nil {
			s.vote(id, &txwire.Vote{V: wire.Version, Journal: s.journal.id, Code: wire.CodeUnavailable, Reason: why.Error()})
			return
		}
	}
	if o.prepare != nil && s.doubts.len() >= maxDoubts || !s.queue.put(o) {
		s.counts.dropped.Add(1)
	}
}

func readPrepare(id txwire.ID, data []byte) (*op, error) {
	m, err := wire.Decode[txwire.Prepare](data)
	return newPrepare(id, m), err
}

func readCommit(id txwire.ID, data []byte) (*op, error) {
	m, err := wire.Decode[txwire.Commit](data)
	return newCommit(id, m), err
}

func readAbort(id txwire.ID, data []byte) (*op, error) {
	m, err := wire.Decode[txwire.Abort](data)
	return newAbort(id, m), err
}
