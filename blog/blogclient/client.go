package blogclient

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"parley/idworker/snowflake"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/blogwire"

	"github.com/nats-io/nats.go"
)

// Client asks a blog over one NATS connection, which the caller keeps open. It
// is safe for concurrent use.
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

// Read reads a post. With a user only that user's shard is asked.
func (c *Client) Read(ctx context.Context, id snowflake.ID, user string) (blogwire.Post, error) {
	m, err := wire.Check(blogwire.ReadPost{V: wire.Version, ID: id, User: user})
	if err != nil {
		return blogwire.Post{}, err
	}
	a, err := c.posts(ctx, blogwire.SubjectRead, wire.Encode(m))
	if err != nil {
		return blogwire.Post{}, err
	}
	return theOne(a)
}

// Timeline reads one page, newest first: of a user, or of everybody. The page's
// Next is the Before of the following one.
func (c *Client) Timeline(ctx context.Context, r blogwire.PageRequest) (blogwire.Posts, error) {
	r.V = wire.Version
	m, err := wire.Check(r)
	if err != nil {
		return blogwire.Posts{}, err
	}
	return c.posts(ctx, blogwire.SubjectTimeline, wire.Encode(m))
}

// All goes through all posts of a user, or of everybody where user is empty,
// newest first. It ends with the first error.
func (c *Client) All(ctx context.Context, user string) func(yield func(blogwire.Post, error) bool) {
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
	data, err := c.ask(ctx, blogwire.SubjectShards, wire.Encode(blogwire.ShardsRequest{V: wire.Version}), readFor)
	if err != nil {
		return nil, err
	}
	a, err := wire.Decode[blogwire.Shards](data)
	if err != nil {
		return nil, err
	}
	return a.Counts, refused(a.Code, a.Reason)
}

// posts asks, and makes an error of a refusal.
func (c *Client) posts(ctx context.Context, subject string, request []byte) (blogwire.Posts, error) {
	data, err := c.ask(ctx, subject, request, readFor)
	if err != nil {
		return blogwire.Posts{}, err
	}
	a, err := wire.Decode[blogwire.Posts](data)
	if err != nil {
		return a, err
	}
	return a, refused(a.Code, a.Reason)
}

func (c *Client) ask(ctx context.Context, subject string, request []byte, limit time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	m, err := c.nc.RequestWithContext(ctx, subject, request)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, &wire.Error{Code: wire.CodeUnavailable, Text: "no blog is running: start one with `parley blog` or `parley up`"}
	case err != nil:
		return nil, fmt.Errorf("asking the blog on %s: %w", subject, err)
	}
	return m.Data, nil
}

func refused(code wire.Code, reason string) error {
	if code == "" {
		return nil
	}
	return &wire.Error{Code: code, Text: reason}
}

// theOne is the post of an answer that has to have one.
func theOne(a blogwire.Posts) (blogwire.Post, error) {
	if len(a.Posts) != 1 {
		return blogwire.Post{}, &wire.Error{Code: wire.CodeInternal, Text: fmt.Sprintf("the blog answered with %d posts instead of one", len(a.Posts))}
	}
	return a.Posts[0], nil
}

// newKey makes a key that nobody else has: the time, so that keys grow and fill
// an index from its end, and 80 random bits.
func newKey() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return strconv.FormatInt(time.Now().UnixMilli(), 16) + "-" + wire.Token(b)
}
