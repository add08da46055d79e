package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"parley/blog"
	"parley/idworker/idclient"
	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/internal/hooks"
	"parley/internal/host"
	"parley/internal/lifecycle"
	"parley/internal/private"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
)

type blogServeCmd struct {
	natsFlags
	nameFlag
	dataFlag
	processFlags
	crashFlag
	Shards int      `placeholder:"N" help:"How many shards a new blog gets, fixed from then on (default ${default_shards})."`
	DSN    []string `name:"dsn" env:"PARLEY_BLOG_DSN" sep:"none" placeholder:"DSN" help:"Keep a shard in this PostgreSQL database instead of a file; once for each shard, shard 0 first."`
	HTTP   string   `name:"http" default:"${blog_listen}" placeholder:"HOST:PORT" help:"Where HTTP listens; empty for nowhere, port 0 takes a free one (default ${default})."`
	Hosts  []string `name:"host" placeholder:"NAME" help:"Host name under which browsers may come, besides localhost; once for each (default: any, but none on a loopback address)."`
}

func (*blogServeCmd) Help() string {
	return `The blog stores posts in shards, SQLite files in DIR/blog or PostgreSQL databases. A user's posts are in one shard, chosen by a hash of the user's id. It needs an idworker.

Examples:

    parley blog serve --data /var/lib/parley
    parley blog serve --shards 16 --http 127.0.0.1:8280
    parley blog serve --dsn postgres://a/blog --dsn postgres://b/blog`
}

func (d dataFlag) blog() string { return filepath.Join(d.Data, "blog") }

// prepareBlog makes the directory of the shards.
func (d dataFlag) prepareBlog(log *slog.Logger) error {
	if err := d.prepare(log); err != nil {
		return err
	}
	if err := private.Dir(d.blog(), log); err != nil {
		return cli.Failed(fmt.Errorf("--data %s: the directory of the blog cannot be made: %w", d.Data, err), "choose another directory with --data DIR")
	}
	return nil
}

func (c *blogServeCmd) Run(ctx context.Context, a *cli.App) error {
	if len(c.DSN) == 0 {
		if err := c.prepareBlog(a.Log); err != nil {
			return err
		}
	}
	cfg := blog.Config{Dir: c.blog(), DSNs: c.DSN, Shards: c.Shards, Listen: c.HTTP, Hosts: c.Hosts, Log: a.Log.With("role", catalog.Blog)}
	if len(c.DSN) > 0 {
		cfg.Dir = ""
	}
	var b *blog.Blog
	role := host.NewRole(c.named(c.options(catalog.Blog, a.Log)), blogRole(cfg, &b))
	return c.serve(hooks.With(ctx, hooks.Hooks{Step: c.step()}), role, func() {
		if b.Addr() == "" {
			a.Printf("the blog is ready\n")
		} else {
			a.Printf("the blog is ready, HTTP listens on http://%s/api/blog/posts\n", b.Addr())
		}
	})
}

// blogRole makes the blog with its own ID client, and stores it in made.
func blogRole(cfg blog.Config, made **blog.Blog) func(*nats.Conn) (lifecycle.Role, error) {
	return func(nc *nats.Conn) (lifecycle.Role, error) {
		ids, err := idclient.New(nc, idclient.Config{})
		if err != nil {
			return nil, err
		}
		b, err := blog.New(cfg, blog.Deps{NATS: nc, NextID: ids.Next})
		if err != nil {
			ids.Close()
			return nil, cli.Wrong(err, "")
		}
		*made = b
		return withClient{onStream{b, nc, idwire.LeaseStream(), cfg.Log}, ids}, nil
	}
}

// onStream is a role that needs a stream which it does not use itself.
type onStream struct {
	lifecycle.Role
	nc   *nats.Conn
	spec wire.StreamSpec
	log  *slog.Logger
}

func (r onStream) Run(ctx context.Context) error {
	if _, err := streams.Bind(ctx, r.nc, r.spec, r.log); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	return r.Role.Run(ctx)
}

// withClient is a role that closes its ID client when it has ended.
type withClient struct {
	lifecycle.Role
	ids *idclient.Client
}

func (w withClient) Run(ctx context.Context) error {
	defer w.ids.Close()
	return w.Role.Run(ctx)
}
