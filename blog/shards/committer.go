package shards

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"parley/idworker/snowflake"
	"parley/wire"
)

const (
	// maxQueue bounds the posts that wait for one shard, so that one that is
	// slow does not take all memory, or all the places of others. 16 MB with the
	// longest texts, and about a tenth of a second's work.
	maxQueue = 1024
	// maxGroup bounds the posts of one transaction: what a sync of the disk
	// costs is shared well before that, and whoever comes next waits for it.
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
)

// committer is the one goroutine that writes to a shard.
type committer struct {
	db     *database
	queue  chan *op
	nextID func(context.Context) (snowflake.ID, error)
	counts *counts
	log    *slog.Logger
	// pause is firstPause.
	pause time.Duration
	// failing: the last group could not be stored, and that was logged.
	failing bool
}

// run works until the queue is closed and drained. When ctx ends what is left is
// given up.
func (c *committer) run(ctx context.Context) {
	for first := range c.queue {
		group := c.take(first)
		if ctx.Err() != nil {
			c.fail(group, false, errors.New("the blog is ending"))
			continue
		}
		if group = c.number(ctx, group); len(group) > 0 {
			c.settle(ctx, group)
		}
	}
}

// take adds to the first op what waits behind it, without those that were
// abandoned.
func (c *committer) take(first *op) (group []*op) {
	for o := first; o != nil; {
		if o.take() {
			group = append(group, o)
		}
		if len(group) == maxGroup {
			break
		}
		select {
		case o = <-c.queue: // nil when it is closed
		default:
			o = nil
		}
	}
	return group
}

// number gets ids for the ops and returns those that have one.
func (c *committer) number(ctx context.Context, group []*op) []*op {
	ctx, cancel := context.WithTimeout(ctx, idTimeout)
	defer cancel()
	numbered := make([]*op, 0, len(group))
	used := make(map[snowflake.ID]bool, len(group))
	var failure error
	for _, o := range group {
		var err error
		if failure == nil {
			o.id, err = c.nextID(ctx)
			if err == nil && !o.id.Valid() {
				err = fmt.Errorf("the ID service gave %d, which is no id", o.id)
			}
			failure = err
		}
		switch {
		case failure != nil:
			c.noID(ctx, o, failure)
		case used[o.id]:
			c.end(o, Stored{Err: o.violation()})
		default:
			used[o.id] = true
			numbered = append(numbered, o)
		}
	}
	return numbered
}

// noID answers an op for which there is no id. A key that has made its post
// already needs none.
func (c *committer) noID(ctx context.Context, o *op, cause error) {
	if o.post.Key != "" {
		ctx, cancel := c.db.bound(context.WithoutCancel(ctx))
		defer cancel()
		if p, found, err := c.db.byKey(ctx, o.post.User, o.post.Key); err == nil && found {
			o.id = 0
			c.end(o, o.repeated(p))
			return
		}
	}
	c.fail([]*op{o}, false, fmt.Errorf("no id could be had from the ID service: %w", cause))
}

// settle brings ops to their end.
func (c *committer) settle(ctx context.Context, ops []*op) {
	unknown, pause := false, c.pause
	for try := 1; ; try++ {
		err := c.db.store(ctx, ops)
		if err == nil {
			c.finish(ops)
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
			c.log.Warn("a commit ended without saying whether it is durable; its posts are looked for, and stored if they are not there",
				"shard", c.db.shard, "posts", len(ops), "try", try, "error", err)
			if try == maxUnknownTries || !sleep(ctx, pause) {
				c.fail(ops, true, c.db.explain(err))
				return
			}
			pause *= 2
		case !c.db.storeFailed(err) && len(ops) > 1:
			// One of them is to blame. The others shall not pay for it.
			for i := range ops {
				c.settle(ctx, ops[i:i+1])
			}
			return
		case !c.db.storeFailed(err) || try == maxTries:
			c.fail(ops, false, c.db.explain(err))
			return
		}
	}
}

// sleep reports whether it slept.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// finish answers ops whose results are durable.
func (c *committer) finish(ops []*op) {
	if c.failing {
		c.failing = false
		c.log.Info("posts are stored again", "shard", c.db.shard)
	}
	c.counts.groups.Add(1)
	for _, o := range ops {
		c.end(o, o.result)
	}
}

// fail answers ops that were not stored, or of which it is not known.
func (c *committer) fail(ops []*op, unknown bool, err error) {
	if !c.failing {
		c.failing = true
		c.log.Error("posts cannot be stored; this is said once, until one can", "shard", c.db.shard, "error", err)
	}
	for _, o := range ops {
		c.end(o, Stored{Err: o.failure(unknown, fmt.Sprintf("shard %d: %v", c.db.shard, err))})
	}
}

// failure is the error for a post that was not stored, as far as is
// known.
func (o *op) failure(unknown bool, why string) error {
	switch {
	case !unknown:
		return &wire.Error{Code: wire.CodeUnavailable, Text: "the post was not stored: " + why}
	case o.post.Key != "":
		return &wire.Error{Code: wire.CodeUndecided, Text: "it is not known whether the post was stored; repeating it with the same key is safe and tells: " + why}
	default:
		return &wire.Error{Code: wire.CodeUndecided, Text: "it is not known whether the post was stored; it had no key, so repeating it may store it twice, look at the timeline first: " + why}
	}
}

func (c *committer) end(o *op, r Stored) {
	c.counts.result(r)
	if wire.CodeOf(r.Err) == wire.CodeViolation {
		c.log.Error("the ID service gave one id twice", "shard", c.db.shard, "id", o.id.String(), "worker", o.id.Worker(), "user", o.post.User)
	}
	o.done <- r
}
