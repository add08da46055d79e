package participants

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"parley/participants/driver"

	"github.com/nats-io/nats.go"

	"parley/internal/streams"
	"parley/natsconn"
	"parley/wire"
)

// service is a participant while it runs.
type service struct {
	*role
	journal *journal
	queue   *queue
	doubts  *doubts
	failing *failing
	health  *health
	// stamps and standing concern other processes and journals; stamps is nil without
	// NATS.
	stamps   *stamps
	standing standing
	// commitLog watches the stream of the commit logs; nil without NATS.
	commitLog *commitLog
	// ended is closed when no goroutine uses the journal any more.
	ended   chan struct{}
	durable chan []*op
}

// open opens the journal and reads what is needed before the first message.
func (p *role) open(ctx context.Context, log streams.Info) (*service, error) {
	j, err := openJournal(ctx, p.db, &p.cfg, log)
	if err != nil {
		return nil, err
	}
	s := &service{
		role: p, journal: j, queue: newQueue(), doubts: newDoubts(p.cfg.InquireAfter),
		failing: newFailing(), health: &health{}, ended: make(chan struct{}),
		durable: make(chan []*op, durableGroups),
	}
	if err := errors.Join(j.migrate(ctx, p.resource), s.recall(ctx), j.firstTrial(ctx)); err != nil {
		return nil, errors.Join(err, j.close())
	}
	s.health.succeeded(time.Now())
	return s, nil
}

// recall plans an immediate inquiry about every branch in doubt, since their coordinator
// may have stopped long ago.
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

// serve works until ctx ends, and then drains in the order in which messages flow: it
// stops receiving prepares, then inquiries, then all messages; the queued operations
// become durable and are answered.
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
		s.cfg.Log.Info("participant is ready", "journal", s.journal.id, "database", s.journal.db.Where(), "in_doubt", s.doubts.len())
		close(s.ready)
		lost := make(chan error, 3)
		background.Go(func() { lost <- s.stamps.run(soft) })
		background.Go(func() {
			err := every(soft, checkEvery, s.journal.db.Check)
			lost <- err // before the others end with nil
			if err != nil {
				cut() // further writes would be lost
			}
		})
		background.Go(func() { lost <- s.commitLog.watch(soft) })
		err = s.untilEnd(ctx, lost)
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
		_ = s.deps.NATS.FlushWithContext(hard) // the messages without an answer are repeated
	}
	return err
}

// checkEvery is how often the journal's files are compared with those that are open. What
// is written in between is lost with them.
const checkEvery = time.Second

// cutGrace is how long the committer may take to end after the drain timed out.
const cutGrace = time.Second

// awaitEnd waits for the committer, cutGrace longer than the drain, and reports whether it
// ended. A call of the resource, or of the disk, that does not return cannot be
// interrupted.
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

// close closes the journal when no goroutine uses it any more. While a call has not
// returned the journal stays locked, since its writes may still become durable.
func (s *service) close() error {
	select {
	case <-s.ended:
		return s.journal.close()
	default:
	}
	go func() {
		<-s.ended
		_ = s.journal.close() // Run has returned: there is no caller for the error
	}()
	return nil
}

// listen creates all subscriptions. Its results can be stopped also after an error. It
// announces this process before it looks for others with the same journal, and looks for
// them before it receives messages.
func (s *service) listen(ctx, handlers context.Context) (*inbox, *queries, error) {
	in, m := &inbox{s: s}, &queries{s: s}
	if err := m.open(); err != nil {
		return in, m, err
	}
	if err := s.join(ctx, m.micro); err != nil {
		return in, m, err
	}
	if err := s.commitLog.read(ctx); isStreamError(err) {
		return in, m, err
	}
	if err := m.receiveStamps(handlers); err != nil {
		return in, m, err
	}
	if err := in.open(); err != nil {
		return in, m, err
	}
	// From here on it receives requests, which are answered from the journal.
	s.running.Store(s)
	if err := m.serve(handlers); err != nil {
		return in, m, err
	}
	// Only after the broker has processed the subscriptions does a message that is
	// sent from now on arrive here.
	return in, m, natsconn.Flush(ctx, s.deps.NATS)
}

// untilEnd waits for the end of ctx, for the connection to be closed, or for the loss of
// the journal's files or of the stream.
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

// upkeep makes the committer run fn, and then call durable, unless it is nil, when the
// writes are durable.
func (s *service) upkeep(ctx context.Context, fn func(*journal, driver.Conn) error, durable func(*journal)) error {
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
