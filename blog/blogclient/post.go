package blogclient

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"parley/internal/pause"
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
// ctx ends. A post without a key gets one; to be able to repeat it after
// [ErrUnknown], give it one.
//
// A nil error means that the post is durable. An error that is [ErrUnknown]
// means that it is not known yet. Any other means that nothing was stored: a
// [*wire.Error] with its code, which is unavailable when no blog could be
// reached, or the end of ctx before anything was sent.
func (c *Client) Post(ctx context.Context, p blogwire.NewPost) (blogwire.Post, error) {
	p.V = wire.Version
	if p.Key == "" {
		// The time, so that keys grow and fill an index from its end, and 80 random
		// bits.
		p.Key = strconv.FormatInt(time.Now().UnixMilli(), 16) + "-" + wire.NewToken()
	}
	// Checked here, so that a wrong post is refused without a blog.
	p, err := wire.Check(p)
	if err != nil {
		return blogwire.Post{}, err
	}
	if ctx.Err() != nil {
		return blogwire.Post{}, fmt.Errorf("nothing was sent: %w", context.Cause(ctx))
	}
	// open: the post may be stored by an earlier try.
	open := false
	for wait := firstPause; ; wait = min(2*wait, lastPause) {
		post, err := single(posts(ctx, c, blogwire.SubjectPost, p, silence))
		if err == nil {
			return post, nil
		}
		refusal, isRefusal := errors.AsType[*wire.Error](err)
		switch {
		case !isRefusal:
			// Nothing left this process if the connection is down: it keeps nothing
			// back to send it later.
			open = open || !errors.Is(err, nats.ErrConnectionClosed) && !errors.Is(err, nats.ErrReconnectBufExceeded)
		case refusal.Code == wire.CodeUndecided:
			open = true
		case refusal.Code == wire.CodeBusy, refusal.Code == wire.CodeUnavailable:
		case refusal.Code == wire.CodeConflict, !open:
			// The key has a post with another text, and so never one with this
			// text. Any other refusal is definite for one try alone.
			return blogwire.Post{}, err
		}
		if errors.Is(err, nats.ErrConnectionClosed) || !pause.For(ctx, wait/2+rand.N(wait)) {
			if open {
				return blogwire.Post{}, fmt.Errorf("%w: %w", ErrUnknown, err)
			}
			return blogwire.Post{}, &wire.Error{Code: wire.CodeUnavailable, Text: "nothing was stored: " + err.Error()}
		}
	}
}
