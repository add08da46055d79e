package shards

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/blogwire"
)

// Set is the shards of one blog, safe for concurrent use.
type Set struct {
	blog   string
	shards []*shard
	counts counts
	unlock func() error
	log    *slog.Logger

	committers sync.WaitGroup
	// cut ends the committers' context.
	cut context.CancelFunc

	// mu keeps queues open while something is put in.
	mu     sync.RWMutex
	closed bool
	// reported are the ids of which [Set.twice] has spoken.
	reported map[snowflake.ID]bool
}

// shard is one of them.
type shard struct {
	*database
	committer
}

func (s *Set) add(db *database, nextID func(context.Context) (snowflake.ID, error)) {
	s.shards = append(s.shards, &shard{db, committer{
		db: db, queue: make(chan *op, maxQueue), nextID: nextID, counts: &s.counts, log: s.log, pause: firstPause,
	}})
}

// start starts the committers.
func (s *Set) start() {
	ctx, cut := context.WithCancel(context.Background())
	s.cut = cut
	for _, sh := range s.shards {
		s.committers.Go(func() { sh.run(ctx) })
	}
}

// Close takes no more posts, stores those that wait until ctx ends, and closes
// the databases. Whoever reads meanwhile gets an error.
func (s *Set) Close(ctx context.Context) error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	if !again {
		for _, sh := range s.shards {
			close(sh.queue)
		}
	}
	s.mu.Unlock()
	if again {
		return nil
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
		if err := sh.close(); err != nil {
			errs = append(errs, sh.explain(err))
		}
	}
	// Last, so that nobody else finds the shards half closed.
	return errors.Join(append(errs, s.unlock())...)
}

// Blog is the random name given to the blog when it was made.
func (s *Set) Blog() string { return s.blog }

// Len is the number of shards.
func (s *Set) Len() int { return len(s.shards) }

// Counts is what happened to posts since the start.
func (s *Set) Counts() Counts { return s.counts.read() }

func (s *Set) of(user string) *shard { return s.shards[Of(user, len(s.shards))] }

// Add stores a post and returns when it is durable, or when ctx ends.
func (s *Set) Add(ctx context.Context, p blogwire.NewPost) Stored {
	o, sh := newOp(p), s.of(p.User)
	if err := s.put(sh, o); err != nil {
		return Stored{Err: err}
	}
	select {
	case r := <-o.done:
		return r
	case <-ctx.Done():
		why := fmt.Sprintf("shard %d did not get to it in time", sh.shard)
		return Stored{Err: o.failure(!o.abandon(), why)}
	}
}

func (s *Set) put(sh *shard, o *op) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return &wire.Error{Code: wire.CodeUnavailable, Text: "the post was not stored: the blog is ending"}
	}
	select {
	case sh.queue <- o:
		return nil
	default:
		return &wire.Error{Code: wire.CodeBusy, Text: fmt.Sprintf("the post was not stored: %d posts wait for shard %d already, try again later", maxQueue, sh.shard)}
	}
}
