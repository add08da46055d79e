package docs_test

import (
	"context"
	"testing"

	"parley/blog"
	"parley/blog/blogclient"
	"parley/idworker/idclient"
	"parley/internal/streams"
	"parley/wire/blogwire"
	"parley/wire/idwire"

	"github.com/nats-io/nats-server/v2/server"
)

// blogging runs a blog as its user of the guarded server, until stop, and has
// the others write and read.
func blogging(ctx context.Context, t *testing.T, s *server.Server, needed chan error) (stop func()) {
	t.Helper()
	nc := as(t, s, "blog", needed)
	if d := streams.Inspect(ctx, nc, idwire.LeaseStream().Name); d.Durability != streams.Synced {
		t.Errorf("a blog sees the durability %s: %s", d.Durability, d.Reason)
	}
	ids, err := idclient.New(nc, idclient.Config{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := blog.New(blog.Config{Dir: t.TempDir(), Shards: 2}, blog.Deps{NATS: nc, NextID: ids.Next})
	if err != nil {
		t.Fatal(err)
	}
	ended := serving(t, b)
	for _, user := range []string{"client", "operator"} {
		c, err := blogclient.New(as(t, s, user, needed))
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.Post(ctx, blogwire.NewPost{User: user, Text: "hello"})
		if err != nil {
			t.Fatalf("%s posts: %v", user, err)
		}
		if got, err := c.Read(ctx, p.ID, ""); err != nil || got != p {
			t.Errorf("%s reads %+v, %v", user, got, err)
		}
		for got, err := range c.All(ctx, user) {
			if err != nil || got != p {
				t.Errorf("the timeline of %s has %+v, %v", user, got, err)
			}
		}
		if user == "operator" {
			if counts, err := c.Shards(ctx); err != nil || len(counts) != 2 {
				t.Errorf("the operator sees the shards %v, %v", counts, err)
			}
		}
	}
	return func() {
		ids.Close()
		ended()
	}
}
