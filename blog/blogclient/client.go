package blogclient

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"parley/idworker/snowflake"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/blogwire"

	"github.com/nats-io/nats.go"
)

// Client sends requests to a blog over one NATS connection, which the caller keeps
// open. It is safe for concurrent use.
type Client struct {
	nc *nats.Conn
}

// New makes a client. It refuses a connection that is not like those of
// [natsconn.Connect], and names the option.
func New(nc *nats.Conn) (*Client, error) {
	if err := natsconn.Check(nc); err != nil {
		return nil, fmt.Errorf("blogclient: %w", err)
	}
	return &Client{nc: nc}, nil
}

// readFor bounds one read whose context has no deadline: the blog itself gives
// up after 5 s.
const readFor = 6 * time.Second

// Read reads a post. With a user only that user's shard is read.
func (c *Client) Read(ctx context.Context, id snowflake.ID, user string) (blogwire.Post, error) {
	return single(posts(ctx, c, blogwire.SubjectRead, blogwire.ReadPost{V: wire.Version, ID: id, User: user}, readFor))
}

// Timeline reads one page, newest first: of a user, or of everybody. The page's
// Next is the Before of the following one.
func (c *Client) Timeline(ctx context.Context, r blogwire.PageRequest) (blogwire.Posts, error) {
	r.V = wire.Version
	return posts(ctx, c, blogwire.SubjectTimeline, r, readFor)
}

// All iterates over all posts of a user, or of everybody where user is empty,
// newest first. It ends with the first error.
func (c *Client) All(ctx context.Context, user string) iter.Seq2[blogwire.Post, error] {
	return func(yield func(blogwire.Post, error) bool) {
		for before := snowflake.ID(0); ; {
			page, err := c.Timeline(ctx, blogwire.PageRequest{User: user, Before: before, Limit: blogwire.MaxPage})
			if err != nil {
				yield(blogwire.Post{}, err)
				return
			}
			for _, p := range page.Posts {
				if !yield(p, nil) {
					return
				}
			}
			if before = page.Next; before == 0 {
				return
			}
		}
	}
}

// Shards counts the posts of each shard.
func (c *Client) Shards(ctx context.Context) ([]int64, error) {
	a, err := request[blogwire.ShardsRequest, blogwire.Shards](ctx, c, blogwire.SubjectShards, blogwire.ShardsRequest{V: wire.Version}, readFor)
	if err != nil {
		return nil, err
	}
	return a.Counts, refused(a.Code, a.Reason)
}

// posts is a request that is answered with posts; a refusal is an error.
func posts[Q any, M wire.Message[Q]](ctx context.Context, c *Client, subject string, m Q, limit time.Duration) (blogwire.Posts, error) {
	a, err := request[Q, blogwire.Posts, M](ctx, c, subject, m, limit)
	if err == nil {
		err = refused(a.Code, a.Reason)
	}
	return a, err
}

// request sends a request. Its error is a [*wire.Error] only where nothing was done: the
// request is wrong, or no blog is running.
func request[Q, A any, QM wire.Message[Q], AM wire.Message[A]](ctx context.Context, c *Client, subject string, m Q, limit time.Duration) (a A, err error) {
	if m, err = wire.Check[Q, QM](m); err != nil {
		return a, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	msg, err := c.nc.RequestWithContext(ctx, subject, wire.Encode[Q, QM](m))
	if errors.Is(err, nats.ErrNoResponders) {
		return a, &wire.Error{Code: wire.CodeUnavailable, Text: "no blog is running: start one with `parley blog` or `parley up`"}
	}
	if err != nil {
		return a, fmt.Errorf("a request to the blog on %s: %w", subject, err)
	}
	if a, err = wire.Decode[A, AM](msg.Data); err != nil {
		return a, fmt.Errorf("the answer of the blog on %s: %v", subject, err) // not a refusal
	}
	return a, nil
}

func refused(code wire.Code, reason string) error {
	if code == "" {
		return nil
	}
	return &wire.Error{Code: code, Text: reason}
}

// single is the post of an answer that has to have one.
func single(a blogwire.Posts, err error) (blogwire.Post, error) {
	switch {
	case err != nil:
		return blogwire.Post{}, err
	case len(a.Posts) != 1:
		return blogwire.Post{}, fmt.Errorf("the blog answered with %d posts instead of one", len(a.Posts))
	}
	return a.Posts[0], nil
}
