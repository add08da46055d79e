package blog

import (
	"cmp"
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
	// ahead is how far in the future the time of an ID may be before that is
	// the better explanation why there is no such post. Clocks that are further
	// apart get no IDs.
	ahead = 10 * time.Second
)

// The methods below answer requests that the gate has admitted.

// post stores a post and answers with it; made distinguishes a new one from that of an
// earlier request with the same key.
func (b *Blog) post(ctx context.Context, m blogwire.NewPost) (a blogwire.Posts, made bool, err error) {
	if !norm.NFC.IsNormalString(m.User) { // one person would be two
		return a, false, wire.Invalidf("user %+q is not in Unicode's form NFC, which writes it %+q", m.User, norm.NFC.String(m.User))
	}
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	r := b.set.Load().Add(ctx, m)
	if r.Err != nil {
		return a, false, r.Err
	}
	a, err = b.posts(0, r.Post)
	return a, r.New, err
}

func (b *Blog) read(ctx context.Context, m blogwire.ReadPost) (a blogwire.Posts, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	p, found, err := b.set.Load().Read(ctx, m.ID, m.User)
	if err != nil {
		return a, err
	}
	if found {
		return b.posts(0, p)
	}
	text := fmt.Sprintf("there is no post %d", m.ID)
	if m.User != "" {
		text += fmt.Sprintf(" of the user %q", m.User)
	}
	if now := time.Now(); m.ID.Time().Sub(now) > ahead {
		text += fmt.Sprintf(": that id is from the future, its time is %s and now it is %s", m.ID.Time().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return a, &wire.Error{Code: wire.CodeNotFound, Text: text}
}

func (b *Blog) timeline(ctx context.Context, m blogwire.PageRequest) (a blogwire.Posts, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	set, before, limit := b.set.Load(), cmp.Or(m.Before, snowflake.MaxID), cmp.Or(m.Limit, blogwire.DefaultPage)
	var page []blogwire.Post
	var next snowflake.ID
	found := true
	if m.User == "" {
		page, next, err = set.Newest(ctx, before, limit)
	} else {
		page, next, found, err = set.Timeline(ctx, m.User, before, limit)
	}
	if err == nil && !found {
		err = &wire.Error{Code: wire.CodeNotFound, Text: fmt.Sprintf("the user %q is unknown: nobody of that name has posted", m.User)}
	}
	if err != nil {
		return a, err
	}
	return b.posts(next, page...)
}

func (b *Blog) sizes(ctx context.Context, _ blogwire.ShardsRequest) (blogwire.Shards, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	counts, err := b.set.Load().Sizes(ctx)
	return blogwire.Shards{V: wire.Version, Counts: counts}, err
}

// posts is an answer, or an error if a shard holds what no request could have
// stored: the receiver must not refuse what is sent.
func (b *Blog) posts(next snowflake.ID, list ...blogwire.Post) (blogwire.Posts, error) {
	a, err := wire.Check(blogwire.Posts{V: wire.Version, Posts: append([]blogwire.Post{}, list...), Next: next})
	if err != nil {
		b.cfg.Log.Error("a shard holds a post that could not have been posted", "error", err)
		err = &wire.Error{Code: wire.CodeInternal, Text: fmt.Sprintf("a shard holds a post that could not have been posted: %v", err)}
	}
	return a, err
}

// explain returns the code and the reason of an answer to a request that failed.
func explain(err error) (wire.Code, string) {
	code := wire.CodeOf(err)
	if code == wire.CodeInternal && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		code = wire.CodeUnavailable
	}
	return code, wire.Clip(err.Error())
}

func refusal(err error) blogwire.Posts {
	a := blogwire.Posts{V: wire.Version, Posts: []blogwire.Post{}}
	a.Code, a.Reason = explain(err)
	return a
}
