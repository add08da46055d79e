package shards

import (
	"sync/atomic"

	"parley/idworker/snowflake"
	"parley/wire/blogwire"
)

// op is one post on its way into a shard.
type op struct {
	post blogwire.NewPost
	// state is queued until either the committer takes it or whoever waits for
	// it gives it up.
	state atomic.Int32
	// done gets the one result.
	done chan Stored

	// The rest is the committer's.

	// id is 0 until the committer has got one.
	id snowflake.ID
	// tried: an earlier transaction with this id may be durable, so what stands
	// under the id may be this post.
	tried bool
	// stored: the transaction at hand has stored it. Otherwise result is what
	// stands in its way.
	stored bool
	result Stored
}

const (
	opQueued int32 = iota
	opTaken
	opAbandoned
)

// Stored is what became of a post.
type Stored struct {
	// Post is the post, or the one that the key made earlier.
	Post blogwire.Post
	// New: it was stored by this request.
	New bool
	// Err is why there is none, a [*wire.Error]. With the code undecided it
	// may be stored all the same.
	Err error
}

func newOp(p blogwire.NewPost) *op { return &op{post: p, done: make(chan Stored, 1)} }

// take is the committer's claim, which fails for an op that was abandoned.
func (o *op) take() bool { return o.state.CompareAndSwap(opQueued, opTaken) }

// abandon fails for an op that the committer has taken.
func (o *op) abandon() bool { return o.state.CompareAndSwap(opQueued, opAbandoned) }

// key is nil where there is none.
func (o *op) key() *string {
	if o.post.Key == "" {
		return nil
	}
	return &o.post.Key
}

// made is the post as it is stored.
func (o *op) made() blogwire.Post { return post(int64(o.id), o.post.User, o.post.Text) }

// post is a row as a message.
func post(id int64, author, text string) blogwire.Post {
	return blogwire.Post{ID: snowflake.ID(id), User: author, Text: text, At: snowflake.ID(id).Time().UnixMilli()}
}
