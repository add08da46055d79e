package participants

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"parley/wire"
	"parley/wire/txwire"
)

// maxPending bounds what NATS holds for one subscription, in messages and
// bytes. Handlers only decode and queue, so it fills only when this process is
// starved; what is dropped is sent again.
const (
	maxPending      = 1 << 14
	maxPendingBytes = 32 << 20
)

// inbox is the protocol subscriptions. All instances on one journal share a
// queue group, so that each message reaches one of them; an instance on
// another journal has its own copy, and stays silent where it is not meant.
type inbox struct {
	s                         *service
	prepares, commits, aborts *subscription
}

// subscription is one of them; gone is closed when its last message was
// handled.
type subscription struct {
	*nats.Subscription
	gone chan struct{}
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
	sub := &subscription{Subscription: raw, gone: make(chan struct{})}
	sub.SetClosedHandler(func(string) { close(sub.gone) })
	if err := sub.SetPendingLimits(maxPending, maxPendingBytes); err != nil {
		return nil, fmt.Errorf("limiting %s: %w", subject, err)
	}
	return sub, nil
}

// stopPrepares takes no more prepares; those that wait are sent again, to
// others. An error means that the connection is closed and nothing will come.
func (in *inbox) stopPrepares() {
	if in.prepares != nil {
		_ = in.prepares.Unsubscribe()
	}
}

// drain takes no more messages at all, and returns when those that have
// arrived are queued, or ctx ends.
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
		case <-sub.gone:
		case <-ctx.Done():
		}
	}
}

// group is the queue group of the instances that share this journal.
func (s *service) group() string { return s.cfg.Name + "-" + s.journal.id }

// receive runs in the goroutine of one subscription: what can be done outside
// the committer is done here.
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
