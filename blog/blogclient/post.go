package blogclient

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"parley/wire"
	"parley/wire/blogwire"

	"github.com/nats-io/nats.go"
)

// ErrUnknown: the context ended before a definite answer. The post may be
// stored, or may still be; post it again with the same key to find out.
var ErrUnknown = errors.New("it is not known whether the post was stored")

const (
	// silence is how long one try waits for an answer. A process that died does
	// not answer, and another one may.
	silence = 3 * time.Second
	// The pause between two tries grows from firstPause to lastPause.
	firstPause = 50 * time.Millisecond
	lastPause  = 2 * time.Second
)

// Post stores a post, and repeats the request until the answer is definite or
// ctx ends. A post without a key gets one; to be able to ask again after
// [ErrUnknown], give it one.
//
// A nil error means that the post is durable. An error that is [ErrUnknown]
// means that it is not known yet. Any other means that nothing was stored: a
// [*wire.Error] with its code, which is unavailable when no blog could be
// reached, or the end of ctx before anything was sent.
func (c *Client) Post(ctx context.Context, p blogwire.NewPost) (blogwire.Post, error) {
	p.V = wire.Version
	if p.Key == "" {
		p.Key = newKey()
	}
	// Checked here, so that a wrong post is refused without a blog.
	p, err := wire.Check(p)
	if err != nil {
		return blogwire.Post{}, err
	}
	if ctx.Err() != nil {
		return blogwire.Post{}, fmt.Errorf("nothing was sent: %w", context.Cause(ctx))
	}
	request, open := wire.Encode(p), false
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		post, o := c.try(ctx, request)
		if o.err == nil {
			return post, nil
		}
		open = open || o.open
		switch {
		case wire.CodeOf(o.err) == wire.CodeConflict, o.final && !open:
			// The key has a post with another text, and so never one with this
			// text. What else is final is so for one try alone.
			return blogwire.Post{}, o.err
		case errors.Is(o.err, nats.ErrConnectionClosed), !sleep(ctx, pause/2+rand.N(pause)):
			if open {
				return blogwire.Post{}, fmt.Errorf("%w: %w", ErrUnknown, o.err)
			}
			return blogwire.Post{}, &wire.Error{Code: wire.CodeUnavailable, Text: "nothing was stored: " + o.err.Error()}
		}
	}
}

// outcome is what one try came to, if it is not a post.
type outcome struct {
	err error
	// open: the post may be stored, or may still be.
	open bool
	// final: trying again cannot help.
	final bool
}

func (c *Client) try(ctx context.Context, request []byte) (blogwire.Post, outcome) {
	data, err := c.ask(ctx, blogwire.SubjectPost, request, silence)
	if err != nil {
		// Nothing left this process if nobody listens, or the connection is down
		// (it keeps nothing back to send it later).
		unsent := wire.CodeOf(err) == wire.CodeUnavailable || errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, nats.ErrReconnectBufExceeded)
		return blogwire.Post{}, outcome{err: err, open: !unsent}
	}
	a, err := wire.Decode[blogwire.Posts](data)
	if err != nil {
		return blogwire.Post{}, outcome{err: err, open: true}
	}
	switch err := refused(a.Code, a.Reason); a.Code {
	case "":
		p, err := theOne(a)
		return p, outcome{err: err, open: true}
	case wire.CodeUndecided:
		return blogwire.Post{}, outcome{err: err, open: true}
	case wire.CodeBusy, wire.CodeUnavailable:
		return blogwire.Post{}, outcome{err: err}
	default:
		return blogwire.Post{}, outcome{err: err, final: true}
	}
}

// sleep reports whether it slept.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
