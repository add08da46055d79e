package blog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/text/unicode/norm"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/blogwire"
)

const (
	// postTimeout bounds the wait for a commit. It is longer than a committer
	// takes to find out what became of one that failed.
	postTimeout = 10 * time.Second
	// readTimeout bounds a read: a person has given up by then.
	readTimeout = 5 * time.Second
	// ahead is how far in the future the time of an id may be before that is
	// the better explanation why there is no such post. Clocks that are further
	// apart get no ids.
	ahead = 10 * time.Second
)

// The methods below answer requests that were let in by the gate.

// post stores a post and answers with it; made distinguishes a new one from that of an
// earlier request with the same key.
func (b *Blog) post(ctx context.Context, m blogwire.NewPost) (a blogwire.Posts, made bool) {
	if !norm.NFC.IsNormalString(m.User) { // one person would be two
		return refusal(wire.Invalidf("user %+q is not in Unicode's form NFC, which writes it %+q", m.User, norm.NFC.String(m.User))), false
	}
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	r := b.set.Load().Add(ctx, m)
	if r.Err != nil {
		return refusal(r.Err), false
	}
	return posts(0, r.Post), r.New
}

func (b *Blog) read(ctx context.Context, m blogwire.ReadPost) blogwire.Posts {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	p, found, err := b.set.Load().Read(ctx, m.ID, m.User)
	switch {
	case err != nil:
		return refusal(err)
	case !found:
		return refusal(missing(m, time.Now()))
	}
	return posts(0, p)
}

// missing explains why there is no such post, as far as can be seen.
func missing(m blogwire.ReadPost, now time.Time) error {
	text := fmt.Sprintf("there is no post %d", m.ID)
	if m.User != "" {
		text += fmt.Sprintf(" of the user %q", m.User)
	}
	if early := m.ID.Time().Sub(now); early > ahead {
		text += fmt.Sprintf(": that id is from the future, its time is %s and now it is %s",
			m.ID.Time().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return &wire.Error{Code: wire.CodeNotFound, Text: text}
}

func (b *Blog) timeline(ctx context.Context, m blogwire.PageRequest) blogwire.Posts {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	set, before, limit := b.set.Load(), m.Before, m.Limit
	if before == 0 {
		before = snowflake.MaxID
	}
	if limit == 0 {
		limit = blogwire.DefaultPage
	}
	if m.User == "" {
		page, next, err := set.Newest(ctx, before, limit)
		if err != nil {
			return refusal(err)
		}
		return posts(next, page...)
	}
	page, next, found, err := set.Timeline(ctx, m.User, before, limit)
	switch {
	case err != nil:
		return refusal(err)
	case !found:
		return refusal(&wire.Error{Code: wire.CodeNotFound, Text: fmt.Sprintf("the user %q is unknown: nobody of that name has posted", m.User)})
	}
	return posts(next, page...)
}

func (b *Blog) sizes(ctx context.Context, _ blogwire.ShardsRequest) blogwire.Shards {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	counts, err := b.set.Load().Sizes(ctx)
	if err != nil {
		return noSizes(err)
	}
	return blogwire.Shards{V: wire.Version, Counts: counts}
}

func posts(next snowflake.ID, list ...blogwire.Post) blogwire.Posts {
	return blogwire.Posts{V: wire.Version, Posts: append([]blogwire.Post{}, list...), Next: next}
}

func refusal(err error) blogwire.Posts {
	a := posts(0)
	a.Code, a.Reason = explain(err)
	return a
}

func noSizes(err error) blogwire.Shards {
	a := blogwire.Shards{V: wire.Version, Counts: []int64{}}
	a.Code, a.Reason = explain(err)
	return a
}

func explain(err error) (wire.Code, string) {
	code := wire.CodeOf(err)
	if code == wire.CodeInternal && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		code = wire.CodeUnavailable
	}
	return code, wire.Clip(err.Error())
}

// sound is a, or a refusal if somebody wrote into a shard what no request could
// have: what is sent must not be refused by who gets it.
func (b *Blog) sound(a blogwire.Posts) blogwire.Posts {
	_, err := wire.Check(a)
	if err == nil {
		return a
	}
	b.cfg.Log.Error("a shard holds a post that could not have been posted", "error", err)
	return refusal(&wire.Error{Code: wire.CodeInternal, Text: fmt.Sprintf("a shard holds a post that could not have been posted: %v", err)})
}
