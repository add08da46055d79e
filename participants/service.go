package participants

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"parley/internal/natsconn"
	"parley/wire"
)

// service is a participant while it runs.
type service struct {
	*Participant
	journal *journal
	queue   *queue
	doubts  *doubts
	failing *failing
	durable chan []*op
}

// open brings the participant to the point where it can take messages.
func (p *Participant) open(ctx context.Context, db dialect) (*service, error) {
	j, err := openJournal(ctx, db, &p.cfg, p.deps.Incarnation)
	if err != nil {
		return nil, err
	}
	s := &service{
		Participant: p, journal: j, queue: newQueue(), doubts: newDoubts(p.cfg.InquireAfter),
		failing: newFailing(),
		durable: make(chan []*op, durableGroups),
	}
	if err := errors.Join(j.migrate(ctx, p.resource), s.recall(ctx)); err != nil {
		return nil, errors.Join(err, j.close())
	}
	return s, nil
}

// recall plans a question about every branch in doubt, at once: their
// coordinator may be gone since long.
func (s *service) recall(ctx context.Context) error {
	c, err := s.journal.connection(ctx)
	if err == nil {
		now := time.Now()
		err = s.journal.prepared(c, func(r *row) { s.doubts.addAt(r.Branch, now) })
	}
	if err != nil {
		return fmt.Errorf("reading the branches in doubt: %w", err)
	}
	return nil
}

// serve works until ctx ends, and then drains in the order that messages flow:
// no more prepares, no more questions, no more messages at all, what is queued
// becomes durable, answers leave.
func (s *service) serve(ctx context.Context) error {
	// hard ends when the drain has taken too long.
	hard, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var committing, background sync.WaitGroup
	committing.Go(func() { s.committer().run(hard) })
	committing.Go(s.answer)

	soft, stop := context.WithCancel(hard)
	defer stop()
	in, m, err := s.listen(ctx, soft)
	if err == nil {
		background.Go(func() { s.inquire(soft) })
		background.Go(func() { (&retrier{s}).run(soft) })
		background.Go(func() { newCollector(s).run(soft, collectEvery) })
		s.cfg.Log.Info("participant is ready", "journal", s.journal.id, "database", s.journal.db.where(), "in_doubt", s.doubts.len())
		close(s.ready)
		err = s.untilEnd(ctx)
	} else if ctx.Err() != nil {
		err = nil
	}

	defer time.AfterFunc(s.cfg.DrainTimeout, cut).Stop()
	in.stopPrepares()
	stop()
	background.Wait()
	m.stop()
	in.drain(hard)
	s.queue.close()
	committing.Wait()
	if s.deps.NATS.IsConnected() {
		_ = s.deps.NATS.FlushWithContext(hard) // unsent answers are asked for again
	}
	return err
}

// listen subscribes to everything. What it returns can be stopped also after
// an error.
func (s *service) listen(ctx, handlers context.Context) (*inbox, *queries, error) {
	in, m := &inbox{s: s}, &queries{s: s}
	if err := in.open(); err != nil {
		return in, m, err
	}
	if err := m.open(handlers); err != nil {
		return in, m, err
	}
	// Only when the broker has seen the subscriptions does a message that is
	// sent from now on reach us.
	return in, m, natsconn.Flush(ctx, s.deps.NATS)
}

// untilEnd waits for ctx, or for a connection that will not come back.
func (s *service) untilEnd(ctx context.Context) error {
	closed := s.deps.NATS.StatusChanged(nats.CLOSED)
	defer s.deps.NATS.RemoveStatusListener(closed)
	if s.deps.NATS.IsClosed() {
		return nats.ErrConnectionClosed
	}
	select {
	case <-ctx.Done():
		return nil
	case <-closed:
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("the NATS connection ended: %w", nats.ErrConnectionClosed)
	}
}

func (s *service) committer() *committer {
	return &committer{
		journal: s.journal, resource: s.resource, queue: s.queue, doubts: s.doubts, failing: s.failing, durable: s.durable,
		counts: &s.counts, step: s.cfg.Step, log: s.cfg.Log, now: time.Now,
	}
}

// upkeep has fn done by the committer, and durable called when that is durable, if
// it is not nil.
func (s *service) upkeep(ctx context.Context, fn func(*journal, *conn) error, durable func(*journal)) error {
	o := newUpkeep(fn)
	o.durable = durable
	return s.submit(ctx, o)
}

// submit queues an op and waits for its end.
func (s *service) submit(ctx context.Context, o *op) error {
	if !s.queue.put(o) {
		return &wire.Error{Code: wire.CodeBusy, Text: "the participant's queue is full or it is ending; try again"}
	}
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("waiting for a write to be durable, which it may still become: %w", ctx.Err())
	}
}
