package participants

import (
	"errors"
	"time"

	"parley/participants/machine"
	"parley/wire"
	"parley/wire/txwire"
)

// finish ends the ops of a durable group, and passes those that were done to the
// answerer.
func (k *committer) finish(ops []*op) {
	done := make([]*op, 0, len(ops))
	for _, o := range ops {
		if o.failed != nil {
			k.fail(o, o.failed)
		} else {
			done = append(done, o)
			k.remember(o)
		}
	}
	if len(done) == 0 {
		return
	}
	k.counts.groups.Add(1)
	k.counts.ops.Add(uint64(len(done)))
	k.durable <- done
}

// remember updates memory with a durable op.
func (k *committer) remember(o *op) {
	if o.local != nil {
		o.end(o.refused)
		return
	}
	if b := o.step.Put; b != nil && b.State == txwire.BranchPrepared {
		k.doubts.add(*b)
	} else if b != nil || o.settled {
		k.doubts.remove(o.id)
	}
	k.recovered(o)
	if o.step.Ack != nil && o.step.Ack.Code == wire.CodeForgotten {
		k.counts.forgotten.Add(1)
		k.log.Warn("a commit arrived for a branch that was collected after the window, and counts as applied", "tx", o.id.String())
	}
	if o.step.Violation != "" {
		k.counts.violations.Add(1)
		k.log.Error("refused an outcome that contradicts this journal: something was lost or restored from a backup",
			"tx", o.id.String(), "reason", o.step.Violation)
	}
	o.end(nil)
}

// fail ends an op that failed alone. It is not answered, but attempted again after a
// pause. There are no inquiries about an outcome that is known meanwhile.
func (k *committer) fail(o *op, err error) {
	if !o.retry {
		k.counts.failures.Add(1)
	}
	defer o.end(err)
	if o.local != nil || k.failing.ignores(o) {
		return // the same failed before in this group
	}
	if errors.Is(err, ErrUnknown) {
		k.log.Error("it is not known whether a branch became durable; the next message about it finds out", "tx", o.id.String(), "of", stage(o), "error", err)
		return
	}
	longest := lastRetry
	if o.prepare != nil || k.journal.db.Failed(err) {
		longest = lastUrgent
	}
	first, kept := k.failing.add(o, err, longest, time.Now())
	if kept && o.prepare == nil {
		k.doubts.pause(o.id)
	}
	if first {
		k.log.Error("a branch failed and was not answered; it is attempted again, with growing pauses",
			"tx", o.id.String(), "of", stage(o), "error", err)
	}
}

// recovered removes a branch from the failing ones.
func (k *committer) recovered(o *op) {
	// A repeated prepare does not show that the outcome can be applied.
	if _, fails := k.failing.get(o.id); fails && !o.retry {
		return
	}
	was, failed := k.failing.remove(o.id)
	if !failed {
		return
	}
	k.doubts.resume(o.id)
	k.log.Info("a branch that failed before was applied", "tx", o.id.String(), "of", stage(was.op), "tries", was.tries+1,
		"after", time.Since(was.since).Round(time.Millisecond), "error", was.err)
}

// stage returns the kind of message of an op, for logs.
func stage(o *op) string {
	switch {
	case o.prepare != nil:
		return txwire.KindPrepare
	case o.step.Call == machine.CallAbort, o.step.Ack != nil && o.step.Ack.Of == txwire.KindAbort:
		return txwire.KindAbort
	default:
		return txwire.KindCommit
	}
}

// giveUp ends ops for which the database is unavailable.
func (k *committer) giveUp(ops []*op, err error) (failed bool) {
	k.counts.failures.Add(uint64(len(ops)))
	k.unsure = true // a COMMIT may have taken effect
	k.health.broke(err)
	k.log.Error("the database failed; the waiting messages were not answered and will be sent again", "waiting", len(ops), "error", err)
	for _, o := range ops {
		o.end(err)
	}
	return true
}

// dropLocals ends the local writes among ops, whose result cannot be read from the
// journal and which must not be done twice.
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
