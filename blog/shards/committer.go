package shards

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/idworker/snowflake"
	"parley/internal/pause"
	"parley/wire"
)

const (
	// maxQueue bounds the posts that wait for one shard, so that one that is
	// slow does not take all memory, or all the places of others. 16 MB with the
	// longest texts, and about a tenth of a second's work.
	maxQueue = 1024
	// maxGroup bounds the posts of one transaction: what a sync of the disk
	// costs is shared well before that, and the next posts wait for it.
	maxGroup = 256
	// idTimeout bounds the wait for an id. The ID service's client has blocks of
	// them ahead; that it has none for so long means that there is no service.
	idTimeout = 2 * time.Second

	// maxTries bounds how often a group is stored again after a failure that
	// certainly changed nothing: a connection that was idle may have been dead.
	maxTries = 2
	// maxUnknownTries does after a COMMIT with an unknown end, with pauses of
	// firstPause and twice as long each time, 3 seconds together: as long as a
	// database takes to start again.
	maxUnknownTries = 6
	firstPause      = 100 * time.Millisecond

	// tendEvery is after how many groups the database's files are tended, which takes
	// a tenth as long as a small group.
	tendEvery = 16
)

// run is the committer, the one goroutine that writes to a shard. It works until the
// queue is closed and drained. When ctx ends what is left is given up.
func (sh *shard) run(ctx context.Context) {
	for groups := 0; ; groups++ {
		if groups%tendEvery == 0 {
			sh.tendFiles()
		}
		first, open := <-sh.queue
		if !open {
			return
		}
		group := sh.take(first)
		if ctx.Err() != nil {
			sh.fail(group, false, errors.New("the blog is ending"))
			continue
		}
		if group = sh.assign(ctx, group); len(group) > 0 {
			sh.settle(ctx, group)
		}
	}
}

// take adds to the first op what waits behind it, without those that were abandoned.
func (sh *shard) take(first *op) (group []*op) {
	for o := first; o != nil; {
		if o.claim() {
			group = append(group, o)
		}
		if len(group) == maxGroup {
			break
		}
		select {
		case o = <-sh.queue: // nil when it is closed
		default:
			o = nil
		}
	}
	return group
}

// assign gets IDs for the ops and returns those that have one.
func (sh *shard) assign(ctx context.Context, group []*op) []*op {
	ctx, cancel := context.WithTimeout(ctx, idTimeout)
	defer cancel()
	ready, used := make([]*op, 0, len(group)), make(map[snowflake.ID]bool, len(group))
	var err error
	for _, o := range group {
		if err == nil {
			if o.id, err = sh.set.cfg.NextID(ctx); err == nil && !o.id.Valid() {
				err = fmt.Errorf("the ID service gave %d, which is no id", o.id)
			}
		}
		switch {
		case err != nil:
			sh.answerWithoutID(ctx, o, err)
		case used[o.id]:
			sh.answer(o, Stored{Err: o.violation()})
		default:
			used[o.id] = true
			ready = append(ready, o)
		}
	}
	return ready
}

// answerWithoutID answers an op for which there is no ID. A key that has made its post
// already needs none.
func (sh *shard) answerWithoutID(ctx context.Context, o *op, cause error) {
	ctx, cancel := sh.bound(context.WithoutCancel(ctx))
	defer cancel()
	if p, found, err := sh.byKey(ctx, sh.r, o); err == nil && found {
		o.id = 0
		sh.answer(o, o.repeated(p))
		return
	}
	sh.fail([]*op{o}, false, fmt.Errorf("the ID service gave no id: %w", cause))
}

// settle stores ops, or answers that they are not stored.
func (sh *shard) settle(ctx context.Context, ops []*op) {
	unknown, wait := false, sh.pause
	for try := 1; ; try++ {
		err := sh.store(ctx, ops)
		if err == nil {
			sh.finish(ops)
			return
		}
		if errors.Is(err, errUnknown) {
			unknown = true
			for _, o := range ops {
				o.tried = true
			}
		}
		switch {
		case unknown:
			sh.set.cfg.Log.Warn("it is not known whether a commit is durable; its posts are looked up, and stored if they are not found",
				"shard", sh.number, "posts", len(ops), "try", try, "error", err)
			if try == maxUnknownTries || !pause.For(ctx, wait) {
				sh.fail(ops, true, sh.explain(err))
				return
			}
			wait *= 2
		case !sh.storeFailed(err) && len(ops) > 1:
			// One of them is at fault. The others shall not fail with it.
			for i := range ops {
				sh.settle(ctx, ops[i:i+1])
			}
			return
		case !sh.storeFailed(err) || try == maxTries:
			sh.fail(ops, false, sh.explain(err))
			return
		}
	}
}

// finish answers ops whose results are durable.
func (sh *shard) finish(ops []*op) {
	if sh.failing {
		sh.failing = false
		sh.set.cfg.Log.Info("posts are stored again", "shard", sh.number)
	}
	sh.set.counts.add(func(c *Counts) { c.Groups++ })
	for _, o := range ops {
		sh.answer(o, o.result)
	}
}

// fail answers ops that were not stored, or of which it is not known.
func (sh *shard) fail(ops []*op, unknown bool, err error) {
	if !sh.failing {
		sh.failing = true
		sh.set.cfg.Log.Error("posts cannot be stored; this is logged once, until one can", "shard", sh.number, "error", err)
	}
	for _, o := range ops {
		sh.answer(o, Stored{Err: o.failure(unknown, fmt.Sprintf("shard %d: %v", sh.number, err))})
	}
}

func (sh *shard) answer(o *op, r Stored) {
	sh.set.counts.result(r)
	if wire.CodeOf(r.Err) == wire.CodeViolation {
		sh.set.cfg.Log.Error("the ID service gave one id twice", "shard", sh.number, "id", o.id.String(), "worker", o.id.Worker(), "user", o.post.User)
	}
	o.done <- r
}

// tendFiles does what is due after commits, which are durable without it.
func (sh *shard) tendFiles() {
	err := sh.tend(sh.w)
	if err != nil && !sh.untended {
		sh.set.cfg.Log.Warn("a shard's -wal could not be copied back; it grows until it can", "shard", sh.number, "error", err)
	}
	sh.untended = err != nil
}
