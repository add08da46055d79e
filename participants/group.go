package participants

import (
	"context"
	"errors"
	"fmt"

	"parley/wire"
)

// attempt does ops in one database transaction. With an error nothing is
// durable, except that with ErrUnknown everything may be. culprit is the op
// the error came from, or -1.
func (k *committer) attempt(ctx context.Context, ops []*op) (culprit int, err error) {
	c, err := k.connection(ctx)
	if err != nil {
		return -1, errors.Join(errStore, err)
	}
	if err := c.begin(k.journal.sql.begin); err != nil {
		return -1, errors.Join(errStore, fmt.Errorf("beginning a group: %w", err), k.journal.discard())
	}
	for i, o := range ops {
		err := k.apply(ctx, c, o)
		if errors.Is(err, errWroteBeforeRefusing) && c.rollback() == nil {
			return i, err
		}
		if err != nil {
			return i, errors.Join(err, k.journal.discard())
		}
	}
	k.at(ops, StepPrepareBeforeCommit, StepOutcomeBeforeCommit)
	if err := c.commit(); err != nil {
		return -1, errors.Join(k.commitFailed(len(ops), err), k.journal.discard())
	}
	k.at(ops, StepPrepareAfterCommit, StepOutcomeAfterCommit)
	return -1, nil
}

func (k *committer) commitFailed(n int, err error) error {
	store := k.journal.db.storeFailed(err)
	unknown := !k.journal.db.notCommitted(err)
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
func (k *committer) connection(ctx context.Context) (*conn, error) {
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

// finish hands durable ops on to be answered.
func (k *committer) finish(ops []*op) {
	k.counts.groups.Add(1)
	k.counts.ops.Add(uint64(len(ops)))
	for _, o := range ops {
		if o.local != nil {
			o.done <- o.refused
			continue
		}
		if b := o.step.Put; b != nil && b.State == wire.BranchPrepared {
			k.doubts.add(*b)
		} else if b != nil {
			k.doubts.remove(o.id)
		}
		if o.step.Ack != nil && o.step.Ack.Code == wire.CodeForgotten {
			k.counts.forgotten.Add(1)
			k.log.Warn("a commit came for a branch that was collected after the window, and counts as applied", "tx", o.id.String())
		}
		if o.step.Violation != "" {
			k.counts.violations.Add(1)
			k.log.Error("refused an outcome that contradicts this journal: something was lost or restored from a backup",
				"tx", o.id.String(), "reason", o.step.Violation)
		}
	}
	k.durable <- ops
}

// fail ends an op that failed alone. Nothing is answered: if it is a message
// it will be sent again.
func (k *committer) fail(o *op, err error) {
	k.counts.failures.Add(1)
	k.unsure = true // what was noted of the group that it was in may not be so
	if o.local != nil {
		o.done <- err
		return
	}
	what := "outcome"
	if o.prepare != nil {
		what = "prepare"
	}
	k.log.Error("a branch failed and was not answered; it will be sent again", "tx", o.id.String(), "of", what, "error", err)
}

// giveUp ends ops for which there is no database.
func (k *committer) giveUp(ops []*op, err error) (failed bool) {
	k.counts.failures.Add(uint64(len(ops)))
	k.unsure = true // what was noted of a group that was undone is not so
	k.log.Error("the database failed; what waited for it was not answered and will be sent again", "waiting", len(ops), "error", err)
	for _, o := range ops {
		if o.done != nil {
			o.done <- err
		}
	}
	return true
}

// dropLocals ends the local writes among ops, which cannot be looked up in the
// journal and must not be done twice.
func dropLocals(ops []*op, err error) []*op {
	kept := make([]*op, 0, len(ops))
	for _, o := range ops {
		if o.local != nil {
			o.done <- err
		} else {
			kept = append(kept, o)
		}
	}
	return kept
}

// at tells a crash test where the group is.
func (k *committer) at(ops []*op, prepares, outcomes string) {
	if k.step == nil {
		return
	}
	var p, o bool
	for _, op := range ops {
		p = p || op.prepare != nil
		o = o || op.outcome != nil
	}
	if p {
		k.step.at(prepares)
	}
	if o {
		k.step.at(outcomes)
	}
}
