package participants

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// committer is the one goroutine that writes to the journal. It takes what
// waits in the queue as a group, does it in one database transaction, and
// passes the ops on to be answered when that is durable.
//
// When something goes wrong in a group, nothing of it is durable, nothing was
// answered, and its ops are done again without the one that failed, which then
// has a transaction to itself. When it is not known which failed (COMMIT did),
// the halves are tried apart. Every time each op looks at the journal anew, so
// a COMMIT that succeeded without saying so is found, and nothing is done
// twice.
type committer struct {
	journal  *journal
	resource Resource
	queue    *queue
	doubts   *doubts
	// durable takes groups to the answerer.
	durable chan []*op
	counts  *counts
	step    Steps
	log     *slog.Logger
	// careful: prepares get savepoints, because the resource is one that
	// writes before it refuses. A savepoint doubles the cost of a branch, so
	// it is not spent on resources that look before they write.
	careful bool
	// unsure: a COMMIT may have succeeded without saying so, and what is in
	// memory is behind the journal.
	unsure bool
}

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
		if !k.do(ctx, group) {
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

// do brings a group to its end and reports whether the database failed.
func (k *committer) do(ctx context.Context, group []*op) (failed bool) {
	branches := make([]*op, 0, len(group))
	for _, o := range group {
		if o.upkeep == nil {
			branches = append(branches, o)
		} else {
			k.upkeep(ctx, o)
		}
	}
	if len(branches) == 0 {
		return false
	}
	c, err := k.connection(ctx)
	if err == nil {
		if err = k.journal.learn(c, branches); err != nil {
			k.unsure = true
		}
	}
	if err != nil {
		return k.giveUp(branches, errors.Join(errStore, err))
	}
	return k.settle(ctx, branches, 0)
}

// maxRegroups bounds how often the rest of a group is tried as a group: where
// many ops fail, each is better done alone at once.
const maxRegroups = 4

// settle does ops as a group, and what failed of it again in smaller ones.
// After a failure of the database it gives up what is left, and reports that.
func (k *committer) settle(ctx context.Context, ops []*op, regroups int) (failed bool) {
	if len(ops) == 0 {
		return false
	}
	culprit, err := k.attempt(ctx, ops)
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
		return k.settle(ctx, ops, regroups)
	case len(ops) == 0:
		return false
	case len(ops) == 1 && errors.Is(err, ErrUnknown) && regroups < maxRegroups:
		// It may be durable: look again.
		return k.settle(ctx, ops, regroups+1)
	case len(ops) == 1:
		k.fail(ops[0], err)
		return false
	}
	k.counts.regroups.Add(1)
	var parts [][]*op
	switch {
	case regroups >= maxRegroups:
		for i := range ops {
			parts = append(parts, ops[i:i+1])
		}
	case culprit < 0:
		half := len(ops) / 2
		parts = [][]*op{ops[:half], ops[half:]}
	default:
		rest := append(append(make([]*op, 0, len(ops)), ops[:culprit]...), ops[culprit+1:]...)
		parts = [][]*op{rest, {ops[culprit]}}
	}
	for _, part := range parts {
		if failed {
			k.giveUp(part, err)
		} else {
			failed = k.settle(ctx, part, regroups+1)
		}
	}
	return failed
}
