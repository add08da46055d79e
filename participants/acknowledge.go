package participants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"parley/wire"
	"parley/wire/txwire"
)

// acknowledgeEvery is how often violations are held against what operators have
// acknowledged.
const acknowledgeEvery = 10 * time.Second

// acknowledge drops the violations that an operator has acknowledged, until ctx ends:
// those of commits whose branch was abandoned. By whom, when and why is recorded in the
// stream for ever.
func (s *service) acknowledge(ctx context.Context) {
	tick := time.NewTicker(acknowledgeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.acknowledgeAll(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Log.Warn("which violations were acknowledged cannot be read; it is tried again", "error", err)
		}
	}
}

func (s *service) acknowledgeAll(ctx context.Context) error {
	var all []txwire.Violation
	err := s.Read(ctx, func(ctx context.Context, db Querier) (err error) {
		all, err = violations(ctx, db, s.journal.sql.listViolations, txwire.ID{}, maxViolations)
		return err
	})
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
		if err := s.upkeep(ctx, func(j *journal, c *conn) error { return j.dropViolation(c, v) }, nil); err != nil {
			return err
		}
		s.cfg.Log.Warn("a violation was acknowledged", "tx", v.ID.String(), "violation", v.Reason, "reason", a.Reason, "by", a.By)
	}
	return nil
}

func (j *journal) dropViolation(c *conn, v txwire.Violation) error {
	if _, err := c.exec(j.sql.dropViolation, v.ID.Log, int64(v.ID.N), v.Of); err != nil {
		return fmt.Errorf("dropping a violation of branch %s: %w", v.ID, err)
	}
	return nil
}
