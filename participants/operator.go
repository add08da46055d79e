package participants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/participants/driver"

	"github.com/nats-io/nats.go/jetstream"

	"parley/wire"
	"parley/wire/txwire"
)

// acknowledgeEvery is how often the acknowledgements of violations are read.
const acknowledgeEvery = 10 * time.Second

// acknowledge removes the violations that an operator has acknowledged, until ctx ends:
// those of commits whose branch was abandoned. The stream permanently records by whom,
// when and why.
func (s *service) acknowledge(ctx context.Context) {
	_ = every(ctx, acknowledgeEvery, func() error {
		if err := s.acknowledgeAll(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Log.Warn("the acknowledgements of violations cannot be read; trying again", "error", err)
		}
		return nil
	})
}

func (s *service) acknowledgeAll(ctx context.Context) error {
	all, err := s.journal.violations(ctx, txwire.ID{}, maxViolations)
	if err != nil || len(all) == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, stampTimeout)
	defer cancel()
	stream, err := s.stamps.js.Stream(ctx, txwire.JournalStream().Name)
	if err != nil {
		return err
	}
	for _, v := range all {
		if v.Of != txwire.KindCommit {
			continue
		}
		raw, err := stream.GetLastMsgForSubject(ctx, txwire.AbandonedSubject(s.cfg.Name, v.ID))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		a, err := wire.Decode[txwire.Abandoned](raw.Data)
		if err != nil {
			return fmt.Errorf("the record at sequence %d of %s: %w", raw.Sequence, txwire.JournalStream().Name, err)
		}
		if a.Journal != s.journal.id {
			continue
		}
		if err := s.upkeep(ctx, func(j *journal, c driver.Conn) error { return j.dropViolation(c, v) }, nil); err != nil {
			return err
		}
		s.cfg.Log.Warn("a violation was acknowledged", "tx", v.ID.String(), "violation", v.Reason, "reason", a.Reason, "by", a.By)
	}
	return nil
}

func (j *journal) dropViolation(c driver.Conn, v txwire.Violation) error {
	if _, err := c.Exec(j.sql.DropViolation, v.ID.Log, int64(v.ID.N), v.Of); err != nil {
		return fmt.Errorf("dropping a violation of branch %s: %w", v.ID, err)
	}
	return nil
}

const (
	// retryEvery is how often failing branches are checked for those whose pause has
	// ended.
	retryEvery = 100 * time.Millisecond
	// retryShare bounds the share of the committer's time for attempts that fail: one
	// part in ten.
	retryShare = 10
)

// retrier attempts failing branches again, one at a time and each in a separate database
// transaction, so that no other branch is repeated because of them. A failed attempt is
// followed by a pause of nine times its duration, a successful one by a pause of its
// duration: however slowly a resource fails, and however many branches do, the others
// keep most of the committer's time.
type retrier struct{ s *service }

func (r *retrier) run(ctx context.Context) {
	timer := time.NewTimer(retryEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		pause := retryEvery
		if o := r.s.failing.due(time.Now()); o != nil {
			pause = r.attempt(ctx, o)
		}
		timer.Reset(pause)
	}
}

// attempt repeats an op and returns the length of the next pause.
func (r *retrier) attempt(ctx context.Context, failed *op) (pause time.Duration) {
	o := newRetry(failed)
	err := r.s.attempt(ctx, o)
	switch {
	case ctx.Err() != nil:
		return 0
	case err == nil:
		return o.took
	}
	return (retryShare - 1) * o.took
}

// attempt repeats a failed op. If it could not be executed, since the queue is full or the
// database failed, another attempt is planned.
func (s *service) attempt(ctx context.Context, o *op) error {
	err := s.submit(ctx, o)
	s.counts.retries.Add(1)
	if err != nil {
		s.failing.again(o.id, time.Now().Add(lastUrgent))
	}
	return err
}

// retryBranch answers [txwire.Retry]: an operator has fixed the cause of a failure, and
// does not wait for the pause to end.
func (p *role) retryBranch(ctx context.Context, request []byte) []byte {
	answer := txwire.Retried{V: wire.Version, Participant: p.cfg.Name}
	q, err := wire.Decode[txwire.Retry](request)
	if s := p.running.Load(); err == nil && s != nil {
		answer.Journal = s.journal.id
		answer.Tries, err = s.retryNow(ctx, q.ID)
	} else if err == nil {
		err = errNotRunning()
	}
	if err != nil {
		answer.Code, answer.Reason = wire.CodeOf(err), wire.Clip(err.Error())
	}
	return wire.Encode(answer)
}

func (s *service) retryNow(ctx context.Context, id txwire.ID) (tries int, err error) {
	o, tries, busy := s.failing.now(id)
	switch {
	case busy:
		return tries, &wire.Error{Code: wire.CodeBusy, Text: "it is being attempted now"}
	case o == nil:
		return 0, &wire.Error{Code: wire.CodeNotFound, Text: "no outcome of this transaction has failed here"}
	}
	if err := s.attempt(ctx, newRetry(o)); err != nil {
		return tries + 1, err
	}
	return tries, nil
}
