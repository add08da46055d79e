package participants

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"parley/participants/driver"

	"parley/wire"
)

const (
	// trialEvery is how often the journal is written to check that it can be: a full
	// disk or a locked file is detected before a transaction fails. It costs one sync
	// of the disk.
	trialEvery = 5 * time.Second
	// maxSilence is how old the last successful trial may be. A trial waits for
	// locks of other processes, and for the groups before it.
	maxSilence = 15 * time.Second
)

// health records whether the committer makes progress.
type health struct {
	// wrote is when the last trial succeeded, failed an error after it.
	wrote  atomic.Pointer[time.Time]
	failed atomic.Pointer[error]
	// call is the running call of the resource.
	call atomic.Pointer[call]
}

func (h *health) succeeded(now time.Time) {
	h.wrote.Store(&now)
	h.failed.Store(nil)
}

func (h *health) broke(err error) { h.failed.Store(&err) }

// check returns why the participant cannot serve.
func (h *health) check(now time.Time) error {
	if err := h.failed.Load(); err != nil {
		return fmt.Errorf("the journal cannot be written: %s", wire.Clip((*err).Error()))
	}
	wrote := h.wrote.Load()
	if wrote == nil || now.Sub(*wrote) <= maxSilence {
		return nil
	}
	silent := now.Sub(*wrote).Round(time.Second)
	if c := h.call.Load(); c != nil && now.Sub(c.since) > slowCall {
		return fmt.Errorf("nothing was written to the journal for %v: %v", silent, c)
	}
	return fmt.Errorf("nothing was written to the journal for %v", silent)
}

// Healthy returns why the participant does not serve: it is not running, the
// last write of its journal failed, or none has succeeded for 15 s; a copy of the
// journal or another one answers as well, or the clock is wrong. The journal is
// written at least every 5 s.
func (p *role) Healthy(context.Context) error {
	s := p.running.Load()
	if s == nil {
		return errNotRunning()
	}
	return s.healthy()
}

func (s *service) healthy() error { return cmp.Or(s.health.check(time.Now()), s.trouble()) }

// try writes the journal periodically until ctx ends. While a trial has not returned no
// other one starts.
func (s *service) try(ctx context.Context) {
	_ = every(ctx, trialEvery, func() error {
		_ = s.tried(ctx, s.upkeep(ctx, func(j *journal, c driver.Conn) error { return j.trial(c) }, nil))
		return nil
	})
}

// every calls f once a period until ctx ends, and returns nil, or the first error of f.
func every(ctx context.Context, period time.Duration, f func() error) error {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := f(); err != nil {
			return err
		}
	}
}

// tried records the result of a trial.
func (s *service) tried(ctx context.Context, err error) error {
	failed := s.health.failed.Load() != nil
	switch {
	case ctx.Err() != nil:
	case err == nil:
		if s.health.succeeded(time.Now()); failed {
			s.cfg.Log.Warn("the journal can be written again")
		}
	case wire.CodeOf(err) != wire.CodeBusy: // a full queue is not an error of the journal
		if s.health.broke(err); !failed {
			s.cfg.Log.Error("the journal cannot be written: no transaction is served until it can be", "error", err)
		}
	}
	return err
}

// trial writes the time, and what is known about the streams.
func (j *journal) trial(c driver.Conn) error {
	if _, err := c.Exec(j.sql.PutMeta, metaWritten, strconv.FormatInt(time.Now().UnixMilli(), 10)); err != nil {
		return err
	}
	return j.keepKnown(c)
}

// firstTrial checks at the start that the journal can be written.
func (j *journal) firstTrial(ctx context.Context) error {
	c, err := j.connection(ctx)
	if err == nil {
		err = j.inTx(c, func() error { return j.trial(c) })
	}
	if err == nil {
		err = j.db.Tend(c)
	}
	if err != nil {
		return fmt.Errorf("journal %s cannot be written: %w: this process must be able to write the file and create others in its directory, "+
			"the disk must have free space, and no other program may hold a lock on it", j.db.Where(), err)
	}
	return nil
}
