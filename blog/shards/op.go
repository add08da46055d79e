package shards

import (
	"fmt"
	"sync/atomic"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/blogwire"
)

// op is one post on its way into a shard.
type op struct {
	post blogwire.NewPost
	// claimed is set either by the committer, which stores it then, or by the caller,
	// who gives it up.
	claimed atomic.Bool
	// done receives the one result.
	done chan Stored

	// The rest is the committer's.

	// id is 0 until the committer has got one.
	id snowflake.ID
	// tried: an earlier transaction with this ID may be durable, so what is stored
	// under it may be this post.
	tried bool
	// inserted is set by the dialect for the transaction at hand.
	inserted bool
	result   Stored
}

// Stored is the result of a post.
type Stored struct {
	// Post is the post, or the one that the key made earlier.
	Post blogwire.Post
	// New: it was stored by this request.
	New bool
	// Err is why there is none, a [*wire.Error]. With the code undecided it may be
	// stored all the same.
	Err error
}

func newOp(p blogwire.NewPost) *op { return &op{post: p, done: make(chan Stored, 1)} }

// claim reports whether it was the first.
func (o *op) claim() bool { return o.claimed.CompareAndSwap(false, true) }

// key is nil where there is none.
func (o *op) key() *string {
	if o.post.Key == "" {
		return nil
	}
	return &o.post.Key
}

// made is the post as it is stored.
func (o *op) made() blogwire.Post { return post(int64(o.id), o.post.User, o.post.Text) }

// repeated is the result when p has the user and the key of the op.
func (o *op) repeated(p blogwire.Post) Stored {
	switch {
	case p.ID == o.id && !o.tried:
		return Stored{Err: o.violation()}
	case p.ID == o.id:
		return Stored{Post: p, New: true}
	case p.Text != o.post.Text:
		return Stored{Err: &wire.Error{Code: wire.CodeConflict, Text: fmt.Sprintf(
			"the key %q of %q belongs to the post %d, which has another text: use a new key for a new post", o.post.Key, o.post.User, p.ID)}}
	default:
		return Stored{Post: p}
	}
}

func (o *op) violation() error {
	return &wire.Error{Code: wire.CodeViolation, Text: fmt.Sprintf(
		"the id %d, made by worker %d, is the key of another post already: the ID service gave it twice; nothing was overwritten and this post was not stored",
		o.id, o.id.Worker())}
}

// failure is the error for a post that was not stored, as far as is known.
func (o *op) failure(unknown bool, why string) error {
	switch {
	case !unknown:
		return &wire.Error{Code: wire.CodeUnavailable, Text: "the post was not stored: " + why}
	case o.post.Key != "":
		return &wire.Error{Code: wire.CodeUndecided, Text: "it is not known whether the post was stored; repeating it with the same key is safe and answers that: " + why}
	default:
		return &wire.Error{Code: wire.CodeUndecided, Text: "it is not known whether the post was stored; it had no key, so repeating it may store it twice, look at the timeline first: " + why}
	}
}
