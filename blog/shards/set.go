package shards

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"parley/idworker/snowflake"
	"parley/internal/hooks"
	"parley/wire"
	"parley/wire/blogwire"
)

// Set is the shards of one blog, safe for concurrent use.
type Set struct {
	cfg    Config
	blog   string
	shards []*shard
	counts counts
	hooks  hooks.Hooks
	// unlock is nil where the directory is not locked, as with PostgreSQL.
	unlock func() error

	committers sync.WaitGroup
	// cut ends the committers' context.
	cut context.CancelFunc

	// mu keeps queues open while something is put in.
	mu     sync.RWMutex
	closed bool
	// reported are the IDs that [Set.reportTwice] has logged.
	reported map[snowflake.ID]bool
}

// start starts the committers.
func (s *Set) start() {
	ctx, cut := context.WithCancel(context.Background())
	s.cut = cut
	for _, sh := range s.shards {
		s.committers.Go(func() { sh.run(ctx) })
	}
}

// Close accepts no more posts, stores those that wait until ctx ends, and closes
// the databases. Reads under way get an error.
func (s *Set) Close(ctx context.Context) error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	s.mu.Unlock()
	if again {
		return nil
	}
	for _, sh := range s.shards {
		close(sh.queue)
	}
	stop := context.AfterFunc(ctx, s.cut)
	s.committers.Wait()
	stop()
	s.cut()
	return s.close()
}

func (s *Set) close() error {
	var errs []error
	for _, sh := range s.shards {
		if err := sh.close(sh.w, sh.r); err != nil {
			errs = append(errs, sh.explain(err))
		}
	}
	if s.unlock != nil { // last, so that no other process finds the shards half closed
		errs = append(errs, s.unlock())
	}
	return errors.Join(errs...)
}

// Blog is the random name given to the blog when it was made.
func (s *Set) Blog() string { return s.blog }

// Len is the number of shards.
func (s *Set) Len() int { return len(s.shards) }

// Counts is what happened to posts since the start.
func (s *Set) Counts() (now Counts) {
	s.counts.add(func(c *Counts) { now = *c })
	return now
}

func (s *Set) of(user string) *shard { return s.shards[Of(user, len(s.shards))] }

// Add stores a post and returns when it is durable, or when ctx ends.
func (s *Set) Add(ctx context.Context, p blogwire.NewPost) Stored {
	o, sh := newOp(p), s.of(p.User)
	if err := sh.put(o); err != nil {
		return Stored{Err: err}
	}
	select {
	case r := <-o.done:
		return r
	case <-ctx.Done():
		why := fmt.Sprintf("shard %d did not get to it in time", sh.number)
		return Stored{Err: o.failure(!o.claim(), why)}
	}
}

// put queues an op for the committer.
func (sh *shard) put(o *op) error {
	sh.set.mu.RLock()
	defer sh.set.mu.RUnlock()
	if sh.set.closed {
		return &wire.Error{Code: wire.CodeUnavailable, Text: "the post was not stored: the blog is ending"}
	}
	select {
	case sh.queue <- o:
		return nil
	default:
		return &wire.Error{Code: wire.CodeBusy, Text: fmt.Sprintf("the post was not stored: %d posts wait for shard %d already, try again later", maxQueue, sh.number)}
	}
}
