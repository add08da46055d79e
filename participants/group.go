package participants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/participants/driver"
)

// attempt does ops in one database transaction, n of them: it ends when it has
// run for maxGroupTime. With an error nothing is durable, except that with
// ErrUnknown everything may be. culprit is the op the error came from, or -1.
// apart: each op has a savepoint of its own, and one that fails is undone
// without an error here.
func (k *committer) attempt(ctx context.Context, ops []*op, apart bool) (n, culprit int, err error) {
	c, err := k.connection(ctx)
	if err != nil {
		return len(ops), -1, errors.Join(errStore, err)
	}
	if err := c.Begin(); err != nil {
		return len(ops), -1, errors.Join(errStore, fmt.Errorf("beginning a group: %w", err), k.journal.discard())
	}
	began := k.now()
	for i, o := range ops {
		if err := k.applyIn(ctx, c, o, apart); err != nil {
			return len(ops), i, k.undo(c, err)
		}
		if k.now().Sub(began) >= maxGroupTime {
			ops = ops[:i+1]
			break
		}
	}
	k.at(ops, StepPrepareBeforeCommit, StepOutcomeBeforeCommit)
	if err := c.Commit(); err != nil {
		return len(ops), -1, errors.Join(k.commitFailed(len(ops), err), k.journal.discard())
	}
	k.at(ops, StepPrepareAfterCommit, StepOutcomeAfterCommit)
	return len(ops), -1, nil
}

// undo rolls a group back after an error of one of its ops. The connection is
// kept unless the error or the roll back shows that there is something wrong with
// it: to open another one for every error of a resource would cost the other
// branches a millisecond.
func (k *committer) undo(c driver.Conn, err error) error {
	if !c.Lost() && !k.journal.db.Failed(err) && c.Rollback() == nil {
		return err
	}
	return errors.Join(err, k.journal.discard())
}

func (k *committer) commitFailed(n int, err error) error {
	store := k.journal.db.Failed(err)
	unknown := !k.journal.db.NotCommitted(err)
	err = fmt.Errorf("committing a group of %d: %w", n, err)
	if unknown {
		k.unsure = true
		err = errors.Join(ErrUnknown, err)
	}
	if store {
		err = errors.Join(errStore, err)
	}
	return err
}

// connection is the journal's. When memory may be behind the journal it is
// read again first: a branch in doubt that nobody remembers would never ask.
func (k *committer) connection(ctx context.Context) (driver.Conn, error) {
	c, err := k.journal.connection(ctx)
	if err != nil || !k.unsure {
		return c, err
	}
	if err = k.journal.logs.load(c, k.journal.sql); err == nil {
		k.journal.mark, err = k.journal.number(c, metaMark)
	}
	if err == nil {
		err = k.journal.prepared(c, func(r *row) { k.doubts.add(r.Branch) })
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading the branches in doubt again: %w", err), k.journal.discard())
	}
	k.unsure = false
	return c, nil
}

// upkeep does an op in a transaction of its own.
func (k *committer) upkeep(ctx context.Context, o *op) {
	c, err := k.connection(ctx)
	if err == nil {
		if err = k.journal.inTx(c, func() error { return o.upkeep(k.journal, c) }); err != nil {
			k.unsure = true
		} else if o.durable != nil {
			o.durable(k.journal)
		}
	}
	o.done <- err
}

// at passes a crash test the step of the group.
func (k *committer) at(ops []*op, prepares, outcomes string) {
	if k.hooks.Step == nil {
		return
	}
	var p, o bool
	for _, op := range ops {
		p = p || op.prepare != nil
		o = o || op.outcome != nil
	}
	if p {
		k.hooks.Step(prepares)
	}
	if o {
		k.hooks.Step(outcomes)
	}
}

// maxRegroups bounds how often the rest of a group is attempted as a group:
// where many attempts fail, each op is better done alone.
const maxRegroups = 4

// settle does ops as a group. When one of them fails, it is done alone, and the
// rest again with a savepoint for each, so that others that fail are undone and
// what is good becomes durable together, however many fail. What does not fit
// the time of a group goes back to the queue. After a failure of the database
// settle gives up what is left, and reports that.
func (k *committer) settle(ctx context.Context, ops []*op, regroups int, apart bool) (failed bool) {
	if len(ops) == 0 {
		return false
	}
	n, culprit, err := k.attempt(ctx, ops, apart)
	k.queue.putBack(ops[n:])
	ops = ops[:n]
	if errors.Is(err, ErrUnknown) {
		ops = dropLocals(ops, err)
	}
	switch {
	case err == nil:
		k.finish(ops)
		return false
	case errors.Is(err, errStore):
		return k.giveUp(ops, err)
	case errors.Is(err, errWroteBeforeRefusing):
		k.careful = true
		return k.settle(ctx, ops, regroups, apart)
	case len(ops) == 0:
		return false
	case len(ops) == 1 && errors.Is(err, ErrUnknown) && regroups < maxRegroups:
		// It may be durable: look again.
		return k.settle(ctx, ops, regroups+1, apart)
	case len(ops) == 1:
		k.fail(ops[0], err)
		return false
	}
	k.counts.regroups.Add(1)
	for _, part := range split(ops, culprit, regroups) {
		if failed {
			k.giveUp(part, err)
		} else {
			failed = k.settle(ctx, part, regroups+1, apart || culprit >= 0)
		}
	}
	return failed
}

// split is how a group is done again of which culprit failed, -1 for unknown.
func split(ops []*op, culprit, regroups int) (parts [][]*op) {
	switch {
	case regroups >= maxRegroups:
		for i := range ops {
			parts = append(parts, ops[i:i+1])
		}
		return parts
	case culprit < 0:
		half := len(ops) / 2
		return [][]*op{ops[:half], ops[half:]}
	default:
		rest := append(append(make([]*op, 0, len(ops)), ops[:culprit]...), ops[culprit+1:]...)
		return [][]*op{rest, {ops[culprit]}}
	}
}

// alone does a branch that failed before in a transaction of its own.
func (k *committer) alone(ctx context.Context, o *op) (failed bool) {
	start := time.Now()
	failed = k.settle(ctx, []*op{o}, 0, false)
	o.took = time.Since(start)
	return failed
}
