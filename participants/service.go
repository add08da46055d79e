package participants

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"parley/internal/streams"
	"parley/natsconn"
	"parley/wire"
)

// service is a participant while it runs.
type service struct {
	*Participant
	journal *journal
	queue   *queue
	doubts  *doubts
	failing *failing
	health  *health
	// stamps and standing are what concerns other processes and journals; stamps is
	// nil without NATS.
	stamps   *stamps
	standing standing
	// commitLog watches that stream; nil without NATS.
	commitLog *commitLog
	// ended is closed when nothing works on the journal any more.
	ended   chan struct{}
	durable chan []*op
}

// open brings the participant to the point where it can take messages.
func (p *Participant) open(ctx context.Context, db dialect, log streams.Info) (*service, error) {
	j, err := openJournal(ctx, db, &p.cfg, log)
	if err != nil {
		return nil, err
	}
	s := &service{
		Participant: p, journal: j, queue: newQueue(), doubts: newDoubts(p.cfg.InquireAfter),
		failing: newFailing(), health: &health{}, ended: make(chan struct{}),
		durable: make(chan []*op, durableGroups),
	}
	if err := errors.Join(j.migrate(ctx, p.resource), s.recall(ctx), j.firstTrial(ctx)); err != nil {
		return nil, errors.Join(err, j.close())
	}
	s.health.succeeded(time.Now())
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
		background.Go(func() { s.try(soft) })
		background.Go(func() { s.acknowledge(soft) })
		background.Go(func() { s.watchCalls(soft) })
		background.Go(func() { newCollector(s).run(soft, collectEvery) })
		s.cfg.Log.Info("participant is ready", "journal", s.journal.id, "database", s.journal.db.where(), "in_doubt", s.doubts.len())
		close(s.ready)
		lost := make(chan error, 3)
		background.Go(func() { lost <- s.stamps.run(soft) })
		background.Go(func() { lost <- s.watchFiles(soft) })
		background.Go(func() { lost <- s.commitLog.watch(soft) })
		if err = s.untilEnd(ctx, lost); isFilesError(err) {
			cut() // what would be written now would be lost
		}
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
	go func() {
		committing.Wait()
		close(s.ended)
	}()
	if !s.awaitEnd(hard) {
		return errors.Join(err, s.stuck())
	}
	if s.deps.NATS.IsConnected() {
		_ = s.deps.NATS.FlushWithContext(hard) // unsent answers are asked for again
	}
	return err
}

// cutGrace is how long the committer may take to end after the drain was cut.
const cutGrace = time.Second

// awaitEnd waits for the committer, a little longer than the drain may take, and
// reports whether it ended. A call of the resource, or of the disk, that does not
// return cannot be interrupted.
func (s *service) awaitEnd(hard context.Context) bool {
	select {
	case <-s.ended:
		return true
	case <-hard.Done():
	}
	select {
	case <-s.ended:
		return true
	case <-time.After(cutGrace):
		return false
	}
}

// close gives the journal up when nothing works on it any more. A call that does
// not return keeps it, locked, since what it writes may still become durable.
func (s *service) close() error {
	select {
	case <-s.ended:
		return s.journal.close()
	default:
	}
	go func() {
		<-s.ended
		_ = s.journal.close() // Run has returned: nobody is left to be told
	}()
	return nil
}

// listen subscribes to everything. What it returns can be stopped also after
// an error. Others can see that this process is there before it looks for others,
// and it looks for them before it takes messages.
func (s *service) listen(ctx, handlers context.Context) (*inbox, *queries, error) {
	in, m := &inbox{s: s}, &queries{s: s}
	if err := m.open(); err != nil {
		return in, m, err
	}
	if err := s.join(ctx, m.micro); err != nil {
		return in, m, err
	}
	if err := s.commitLog.look(ctx); isStreamError(err) {
		return in, m, err
	}
	if err := m.hear(handlers); err != nil {
		return in, m, err
	}
	if err := in.open(); err != nil {
		return in, m, err
	}
	// From here on it is asked, and answers from the journal.
	s.running.Store(s)
	if err := m.serve(handlers); err != nil {
		return in, m, err
	}
	// Only when the broker has seen the subscriptions does a message that is
	// sent from now on reach us.
	return in, m, natsconn.Flush(ctx, s.deps.NATS)
}

// untilEnd waits for ctx, for a connection that will not come back, or for the
// loss of the journal's files or of the stream.
func (s *service) untilEnd(ctx context.Context, lost <-chan error) error {
	closed := s.deps.NATS.StatusChanged(nats.CLOSED)
	defer s.deps.NATS.RemoveStatusListener(closed)
	if s.deps.NATS.IsClosed() {
		return nats.ErrConnectionClosed
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-lost:
		return err
	case <-closed:
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("the NATS connection ended: %w", nats.ErrConnectionClosed)
	}
}

func (s *service) committer() *committer {
	return &committer{
		journal: s.journal, resource: s.resource, queue: s.queue, doubts: s.doubts, failing: s.failing, health: s.health, durable: s.durable,
		counts: &s.counts, hooks: s.hooks, log: s.cfg.Log, now: time.Now,
		clock: s.clock, disputed: s.standing.disputed,
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
