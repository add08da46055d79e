package shards

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/blogwire"
)

// maxFan bounds how many shards one request reads at a time. Each takes a goroutine
// and a connection, and beyond what the disks and processors can do together more of
// them only wait elsewhere.
const maxFan = 16

// each calls fn with every shard, several at a time, and returns the first error, after
// which the context of the others is done.
func (s *Set) each(ctx context.Context, fn func(ctx context.Context, sh *shard) error) error {
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(maxFan)
	for _, sh := range s.shards {
		all.Go(func() error { return fn(ctx, sh) })
	}
	return all.Wait()
}

// Read reads one post. With a user only that user's shard is read, and a post of another
// user is not found.
func (s *Set) Read(ctx context.Context, id snowflake.ID, user string) (p blogwire.Post, found bool, err error) {
	if user != "" {
		p, found, err = one(s.of(user).read(ctx, sqlByID, int64(id)))
		return p, found && p.User == user, err
	}
	var mu sync.Mutex
	var hits []blogwire.Post
	failed := s.each(ctx, func(ctx context.Context, sh *shard) error {
		got, readErr := sh.read(ctx, sqlByID, int64(id))
		mu.Lock()
		defer mu.Unlock()
		hits, err = append(hits, got...), cmp.Or(err, readErr)
		return nil // the others are read all the same
	})
	switch len(hits) {
	case 0:
		return p, false, cmp.Or(err, failed)
	case 1:
		return hits[0], true, nil // whatever another shard did not answer
	}
	a, b := s.reportTwice(hits[0], hits[1])
	return p, false, &wire.Error{Code: wire.CodeViolation, Text: fmt.Sprintf(
		"two posts have the id %d, in the shards %d and %d: the ID service gave it twice; name the user of the one to read", id, a, b)}
}

// Timeline reads a page of a user's posts with IDs below before. found distinguishes a
// user without posts there from one who has none at all.
func (s *Set) Timeline(ctx context.Context, user string, before snowflake.ID, limit int) (posts []blogwire.Post, next snowflake.ID, found bool, err error) {
	sh := s.of(user)
	if posts, err = sh.read(ctx, sqlTimeline, user, int64(before), limit+1); err == nil && len(posts) == 0 {
		_, found, err = one(sh.read(ctx, sqlTimeline, user, int64(snowflake.MaxID), 1))
		return nil, 0, found, err
	}
	posts, next = page(posts, limit)
	return posts, next, true, err
}

// Newest reads a page of everybody's posts with IDs below before, merged from all
// shards.
func (s *Set) Newest(ctx context.Context, before snowflake.ID, limit int) (posts []blogwire.Post, next snowflake.ID, err error) {
	merge := func() {
		slices.SortFunc(posts, func(a, b blogwire.Post) int { return cmp.Compare(b.ID, a.ID) })
		posts = slices.Delete(posts, min(len(posts), limit+1), len(posts))
	}
	var mu sync.Mutex
	err = s.each(ctx, func(ctx context.Context, sh *shard) error {
		got, err := sh.read(ctx, sqlNewest, int64(before), limit+1)
		mu.Lock()
		defer mu.Unlock()
		if posts = append(posts, got...); len(posts) > maxFan*limit {
			merge() // to take no more memory for more shards
		}
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	merge()
	for i := 1; i < len(posts); i++ {
		if posts[i].ID == posts[i-1].ID {
			s.reportTwice(posts[i-1], posts[i])
		}
	}
	posts, next = page(posts, limit)
	return posts, next, nil
}

// maxReported bounds the IDs of which it is remembered that they were reported.
const maxReported = 1000

// reportTwice logs, once, that two posts have one ID, which a primary key cannot
// prevent when they are in two shards. It returns these.
func (s *Set) reportTwice(p, q blogwire.Post) (a, b int) {
	a, b = Of(p.User, len(s.shards)), Of(q.User, len(s.shards))
	a, b = min(a, b), max(a, b)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.reported[p.ID] && len(s.reported) < maxReported {
		s.reported[p.ID] = true
		s.counts.add(func(c *Counts) { c.Violations++ })
		s.cfg.Log.Error("two posts have one id: the ID service gave it twice", "id", p.ID.String(), "worker", p.ID.Worker(), "shards", []int{a, b})
	}
	return a, b
}

// Sizes counts the posts of each shard, by reading an index from end to end.
func (s *Set) Sizes(ctx context.Context) ([]int64, error) {
	sizes := make([]int64, len(s.shards))
	err := s.each(ctx, func(ctx context.Context, sh *shard) error {
		return sh.unread(ctx, sh.r.QueryRowContext(ctx, sqlCount).Scan(&sizes[sh.number]))
	})
	return sizes, err
}

// page cuts posts, highest ID first, to at most limit and to what fits one answer. next
// is the ID to go on from, 0 when nothing was cut.
func page(posts []blogwire.Post, limit int) (kept []blogwire.Post, next snowflake.ID) {
	size := 0
	for i, p := range posts {
		size += jsonSize(p.Text)
		if i == limit || i > 0 && size > blogwire.MaxPageBytes {
			// Two posts with one ID, which should not be, stay together.
			for i > 1 && posts[i-1].ID == posts[i].ID {
				i--
			}
			return posts[:i], posts[i-1].ID
		}
	}
	return posts, 0
}

// jsonOverhead is what a post takes in JSON apart from its text, at most: the names
// of the fields, two numbers and a user of [wire.MaxUser] bytes.
const jsonOverhead = 160

// jsonSize is how many bytes a post with this text takes in JSON, or a little
// more.
func jsonSize(text string) int {
	n := jsonOverhead
	for _, r := range text {
		switch {
		case r == '"' || r == '\\' || r == '\n' || r == '\r' || r == '\t':
			n += 2
		case r < ' ' || r == '\u2028' || r == '\u2029':
			n += 6
		default:
			n += utf8.RuneLen(r)
		}
	}
	return n
}
