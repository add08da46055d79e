package participants

import (
	"context"
	"errors"
	"time"
)

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
