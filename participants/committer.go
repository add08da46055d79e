package participants

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"parley/internal/brokertime"
	"parley/internal/hooks"
)

// committer is the one goroutine that writes to the journal. It takes what
// waits in the queue as a group, does it in one database transaction, and
// passes the ops on to be answered when that is durable.
//
// When an op of a group fails, nothing of the group is durable and nothing was
// answered. It is done alone, and the others again with a savepoint for each, so
// that only those that fail are undone. When it is not known which op failed (COMMIT did), the halves are done
// separately. Every attempt reads the journal again, so a COMMIT that succeeded
// without reporting it is found, and nothing is done twice.
//
// A branch that failed is ignored until its pause has ended, see [failing], and
// is then attempted alone.
type committer struct {
	journal  *journal
	resource Resource[any]
	queue    *queue
	doubts   *doubts
	failing  *failing
	health   *health
	// durable takes groups to the answerer.
	durable chan []*op
	counts  *counts
	hooks   hooks.Hooks
	log     *slog.Logger
	now     func() time.Time
	// clock is the broker's time, disputed whether a copy of the journal answers,
	// too.
	clock    *brokertime.Clock
	disputed func() bool
	// careful: prepares get savepoints, because the resource is one that
	// writes before it refuses. A savepoint doubles the cost of a branch, so
	// it is not spent on resources that look before they write.
	careful bool
	// unsure: a COMMIT may have succeeded without reporting it, or the database
	// failed, and what is in memory may be behind the journal.
	unsure bool
	// warned is when it was last logged that the journal's files are not in order.
	warned time.Time
}

// untendedEvery bounds the lines about that.
const untendedEvery = time.Minute

// Pauses after a failure of the database itself.
const (
	minPause = 50 * time.Millisecond
	maxPause = 5 * time.Second
)

// errStore marks failures that have nothing to do with the ops of a group.
var errStore = errors.New("the database failed")

// ErrUnknown is what [Participant.Write] returns when the COMMIT failed in a
// way that leaves open whether it is durable. Doing it again might do it
// twice.
var ErrUnknown = errors.New("whether the write is durable is not known")

// run works until the queue is closed and drained. When ctx ends what is left
// in the queue is given up.
func (k *committer) run(ctx context.Context) {
	defer close(k.durable)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	pause := minPause
	for {
		group := k.queue.take(timer)
		if len(group) == 0 {
			return
		}
		if ctx.Err() != nil {
			k.giveUp(group, errors.New("the drain took too long"))
			continue
		}
		failed := k.do(ctx, group)
		k.tend()
		if !failed {
			pause = minPause
			continue
		}
		timer.Reset(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		pause = min(2*pause, maxPause)
	}
}

// tend keeps the journal's files in order. What was committed is durable without
// that, and a failure of the database will meet the next group, too.
func (k *committer) tend() {
	c := k.journal.conn
	if c == nil {
		return
	}
	if err := k.journal.db.Tend(c); err != nil && time.Since(k.warned) > untendedEvery {
		k.warned = time.Now()
		k.log.Warn("the journal's -wal could not be copied back; it grows until it can", "error", err)
	}
}

// do brings a group to its end and reports whether the database failed.
func (k *committer) do(ctx context.Context, group []*op) (failed bool) {
	var retries []*op
	branches := make([]*op, 0, len(group))
	for _, o := range group {
		switch {
		case o.upkeep != nil:
			k.upkeep(ctx, o)
		case o.retry:
			retries = append(retries, o)
		case !k.failing.ignores(o):
			branches = append(branches, o)
		}
	}
	if len(branches) > 0 {
		failed = k.doGroup(ctx, branches)
	}
	for _, o := range retries {
		if !failed {
			failed = k.alone(ctx, o)
		}
		o.done <- o.result
	}
	return failed
}

// doGroup does what shares a database transaction.
func (k *committer) doGroup(ctx context.Context, branches []*op) (failed bool) {
	c, err := k.connection(ctx)
	if err == nil {
		if err = k.journal.learn(c, branches); err != nil {
			k.unsure = true
		}
	}
	if err != nil {
		return k.giveUp(branches, errors.Join(errStore, err))
	}
	return k.settle(ctx, branches, 0, false)
}
