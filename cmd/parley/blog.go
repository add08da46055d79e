package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/wire"
	"parley/wire/blogwire"

	"github.com/nats-io/nats.go"
)

// blogFlags are common to the commands that read and write posts.
type blogFlags struct {
	natsFlags
	jsonFlag
}

type blogPostCmd struct {
	blogFlags
	User string  `arg:"" help:"Who writes."`
	Text string  `arg:"" help:"The text; \"-\" reads it from standard input."`
	Key  *string `placeholder:"KEY" help:"Makes repeating safe: of all posts of one user with one key there is one."`
}

func (*blogPostCmd) Help() string {
	return `Stores a post and prints its id once it is durable.

Examples:

    parley blog post ada Agreed.
    parley blog post ada - --key article-7`
}

func (c *blogPostCmd) Validate() error {
	if err := checkKeyFlag(c.Key); err != nil {
		return err
	}
	if c.Text == "-" {
		return wire.CheckUser(c.User)
	}
	_, err := wire.Check(c.request(c.Text))
	return unprefixed(err)
}

func (c *blogPostCmd) request(text string) blogwire.NewPost {
	return blogwire.NewPost{V: wire.Version, User: c.User, Text: text, Key: given(c.Key)}
}

func (c *blogPostCmd) Run(ctx context.Context, a *cli.App) error {
	text := c.Text
	if text == "-" {
		var err error
		if text, err = readText(a.In, blogwire.MaxText); err != nil {
			return cli.Wrong(err, "")
		}
	}
	m, err := wire.Check(c.request(text))
	if err != nil {
		return cli.Wrong(unprefixed(err), "")
	}
	return c.show(ctx, a, blogwire.SubjectPost, wire.Encode(m))
}

type blogReadCmd struct {
	blogFlags
	ID   string `arg:"" help:"The post's id."`
	User string `placeholder:"USER" help:"Who wrote it: then one shard is asked instead of all."`
}

func (*blogReadCmd) Help() string {
	return `Prints one post.

Examples:

    parley blog read 3676849029120000
    parley blog read 3676849029120000 --user ada --json`
}

func (c *blogReadCmd) request() (blogwire.ReadPost, error) {
	id, err := readID(c.ID)
	if err != nil {
		return blogwire.ReadPost{}, err
	}
	m, err := wire.Check(blogwire.ReadPost{V: wire.Version, ID: id, User: c.User})
	return m, unprefixed(err)
}

func (c *blogReadCmd) Validate() error {
	_, err := c.request()
	return err
}

func (c *blogReadCmd) Run(ctx context.Context, a *cli.App) error {
	m, err := c.request()
	if err != nil {
		return cli.Wrong(err, "")
	}
	return c.show(ctx, a, blogwire.SubjectRead, wire.Encode(m))
}

type blogTimelineCmd struct {
	blogFlags
	User   string `arg:"" optional:"" help:"Whose posts; without, everybody's."`
	Before string `placeholder:"ID" help:"Only posts older than this one: how to get the next page."`
	Limit  int    `default:"${default_page}" placeholder:"N" help:"How many, at most ${max_page} (default ${default})."`
}

func (*blogTimelineCmd) Help() string {
	return `Prints posts, newest first: one user's, or those of all shards merged.

Examples:

    parley blog timeline
    parley blog timeline ada --limit 5
    parley blog timeline ada --before 3676849029120000`
}

func (c *blogTimelineCmd) request() (blogwire.PageRequest, error) {
	m := blogwire.PageRequest{V: wire.Version, User: c.User, Limit: c.Limit}
	if c.Limit == 0 {
		return m, fmt.Errorf("--limit is 0, allowed is 1 to %d", blogwire.MaxPage)
	}
	if c.Before != "" {
		id, err := readID(c.Before)
		if err != nil {
			return m, fmt.Errorf("--before: %w", err)
		}
		m.Before = id
	}
	m, err := wire.Check(m)
	return m, unprefixed(err)
}

func (c *blogTimelineCmd) Validate() error {
	_, err := c.request()
	return err
}

func (c *blogTimelineCmd) Run(ctx context.Context, a *cli.App) error {
	m, err := c.request()
	if err != nil {
		return cli.Wrong(err, "")
	}
	return c.show(ctx, a, blogwire.SubjectTimeline, wire.Encode(m))
}

// show asks the blog and prints its posts.
func (c *blogFlags) show(ctx context.Context, a *cli.App, subject string, request []byte) error {
	nc, err := c.connect(ctx, "blog")
	if err != nil {
		return err
	}
	defer nc.Close()
	m, err := askPosts(ctx, nc, subject, request)
	if err != nil {
		return err
	}
	if a.JSON {
		a.PrintJSON(m)
		return nil
	}
	for i, p := range m.Posts {
		if i > 0 {
			a.Printf("\n")
		}
		a.Printf("%s  %s  %s\n", p.ID, cli.Clock(p.At), p.User)
		for line := range strings.Lines(p.Text) {
			a.Printf("    %s\n", cli.Printable(strings.TrimRight(line, "\r\n")))
		}
	}
	if m.Next != 0 {
		a.Printf("\nOlder ones: --before %s\n", m.Next)
	}
	return nil
}

func askPosts(ctx context.Context, nc *nats.Conn, subject string, request []byte) (blogwire.Posts, error) {
	data, err := cli.Ask(ctx, nc, catalog.Blog, subject, request)
	if err != nil {
		return blogwire.Posts{}, err
	}
	m, err := wire.Decode[blogwire.Posts](data)
	if err != nil {
		return m, err
	}
	return m, cli.RefusedBy(catalog.Blog, m.Code, m.Reason)
}

// readText reads a text of at most limit bytes.
func readText(in io.Reader, limit int) (string, error) {
	data, err := io.ReadAll(io.LimitReader(in, int64(limit)+1))
	if err != nil {
		return "", fmt.Errorf("reading the text from standard input: %w", err)
	}
	if len(data) > limit {
		return "", fmt.Errorf("the text on standard input is longer than %d bytes", limit)
	}
	return strings.TrimRight(string(data), "\r\n"), nil
}

// unprefixed is a complaint of the codec about what a person typed, without the
// name of the message.
func unprefixed(err error) error {
	if err == nil {
		return nil
	}
	_, reason, ok := strings.Cut(err.Error(), ": ")
	if !ok {
		return err
	}
	return errors.New(reason)
}
