package shards

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/blogwire"
)

// Read reads one post. With a user only that user's shard is asked, and a post
// of somebody else is not found.
func (s *Set) Read(ctx context.Context, id snowflake.ID, user string) (p blogwire.Post, found bool, err error) {
	if user != "" {
		sh := s.of(user)
		p, found, err = sh.byID(ctx, id)
		return p, found && p.User == user, sh.unread(ctx, err)
	}
	var mu sync.Mutex
	var hits []int
	_ = each(ctx, len(s.shards), func(ctx context.Context, i int) error {
		got, ok, failed := s.shards[i].byID(ctx, id)
		mu.Lock()
		defer mu.Unlock()
		if ok {
			p, hits = got, append(hits, i)
		}
		err = cmp.Or(err, s.shards[i].unread(ctx, failed))
		return nil // the others are asked all the same
	})
	switch {
	case len(hits) > 1:
		slices.Sort(hits)
		s.twice(id, hits[0], hits[1])
		return blogwire.Post{}, false, &wire.Error{Code: wire.CodeViolation, Text: fmt.Sprintf(
			"two posts have the id %d, in the shards %d and %d: the ID service gave it twice; name the user of the one to read", id, hits[0], hits[1])}
	case len(hits) == 1:
		return p, true, nil // whatever another shard did not answer
	}
	return p, false, cmp.Or(err, context.Cause(ctx))
}

// Timeline reads a page of a user's posts with ids below before. found distinguishes a
// user without posts there from one who has none at all.
func (s *Set) Timeline(ctx context.Context, user string, before snowflake.ID, limit int) (posts []blogwire.Post, next snowflake.ID, found bool, err error) {
	sh := s.of(user)
	if posts, err = sh.timeline(ctx, user, before, limit+1); err == nil && len(posts) == 0 {
		found, err = sh.hasUser(ctx, user)
		return nil, 0, found, sh.unread(ctx, err)
	}
	posts, next = page(posts, limit)
	return posts, next, true, sh.unread(ctx, err)
}

// located is an id and the shard that it was found in.
type located struct {
	id    snowflake.ID
	shard int
}

// Newest reads a page of everybody's posts with ids below before: first the ids
// from all shards, and then only the posts that are on the page.
func (s *Set) Newest(ctx context.Context, before snowflake.ID, limit int) (posts []blogwire.Post, next snowflake.ID, err error) {
	ids, err := s.newestIDs(ctx, before, limit+1)
	if err != nil {
		return nil, 0, err
	}
	wanted := make([][]int64, len(s.shards))
	for _, l := range ids {
		wanted[l.shard] = append(wanted[l.shard], int64(l.id))
	}
	var mu sync.Mutex
	err = each(ctx, len(s.shards), func(ctx context.Context, i int) error {
		if len(wanted[i]) == 0 {
			return nil
		}
		return s.shards[i].unread(ctx, s.shards[i].all(ctx, wanted[i], func(p blogwire.Post) {
			mu.Lock()
			defer mu.Unlock()
			posts = append(posts, p)
		}))
	})
	if err != nil {
		return nil, 0, err
	}
	slices.SortFunc(posts, func(a, b blogwire.Post) int { return cmp.Compare(b.ID, a.ID) })
	posts, next = page(posts, limit)
	return posts, next, nil
}

// newestIDs merges the shards' highest ids below before.
func (s *Set) newestIDs(ctx context.Context, before snowflake.ID, limit int) (ids []located, err error) {
	var mu sync.Mutex
	err = each(ctx, len(s.shards), func(ctx context.Context, i int) error {
		got, err := s.shards[i].newest(ctx, before, limit)
		mu.Lock()
		defer mu.Unlock()
		for _, id := range got {
			ids = append(ids, located{id, i})
		}
		return s.shards[i].unread(ctx, err)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(ids, func(a, b located) int { return cmp.Compare(b.id, a.id) })
	ids = ids[:min(len(ids), limit)]
	for i := 1; i < len(ids); i++ {
		if ids[i].id == ids[i-1].id {
			s.twice(ids[i].id, ids[i-1].shard, ids[i].shard)
		}
	}
	return ids, nil
}

// maxReported bounds the ids of which it is remembered that they were reported.
const maxReported = 1000

// twice reports, once, that two posts have one id, which a primary key cannot
// prevent when they are in two shards.
func (s *Set) twice(id snowflake.ID, a, b int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reported[id] || len(s.reported) == maxReported {
		return
	}
	s.reported[id] = true
	s.counts.violations.Add(1)
	s.log.Error("two posts have one id: the ID service gave it twice", "id", id.String(), "worker", id.Worker(), "shards", []int{a, b})
}

// unread is an error of reading from a shard, as a client receives it.
func (sh *shard) unread(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return &wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("shard %d did not answer in time: %v", sh.shard, sh.explain(err))}
	default:
		return &wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("shard %d cannot be read: %v", sh.shard, sh.explain(err))}
	}
}

// Sizes counts the posts of each shard.
func (s *Set) Sizes(ctx context.Context) ([]int64, error) {
	sizes := make([]int64, len(s.shards))
	err := each(ctx, len(s.shards), func(ctx context.Context, i int) (err error) {
		sizes[i], err = s.shards[i].count(ctx)
		return s.shards[i].unread(ctx, err)
	})
	return sizes, err
}
