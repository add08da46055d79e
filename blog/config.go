package blog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"parley/blog/shards"
	"parley/idworker/snowflake"
	"parley/natsconn"

	"github.com/nats-io/nats.go"
)

// DefaultListen is where the parley command serves HTTP by default: this machine alone.
const DefaultListen = "127.0.0.1:8280"

// Config is what an operator decides about a blog.
type Config struct {
	// Dir is the directory of SQLite shards. It must exist; where it is empty a
	// new blog is made.
	Dir string
	// DSNs are PostgreSQL shards instead, one connection string each, shard 0
	// first.
	DSNs []string
	// Shards is their number, fixed when the blog is made; 0 means as many as it
	// has, and [shards.DefaultShards] for a new one.
	Shards int
	// Listen is HOST:PORT for HTTP; empty means none. Port 0 takes a free one,
	// see [Blog.Addr].
	Listen string
	// Hosts are host names under which browsers are answered, besides those of the
	// machine itself. Without any they are answered under every name, except on a
	// loopback address, where they are answered under no other.
	Hosts []string
	// DrainTimeout bounds how long Run takes to end after its context does;
	// default 10 s.
	DrainTimeout time.Duration
	// Log defaults to [slog.Default].
	Log *slog.Logger
}

// Deps is what a blog needs from the process it runs in.
type Deps struct {
	// NATS is an open connection, shared and not closed by the blog.
	NATS *nats.Conn
	// NextID gets an id from the ID service, as idclient does. It is called from
	// several goroutines.
	NextID func(context.Context) (snowflake.ID, error)
}

func (d Deps) check() error {
	if err := natsconn.Check(d.NATS); err != nil {
		return err
	}
	if d.NextID == nil {
		return errors.New("NextID is nil: where do the IDs come from?")
	}
	return nil
}

func (c Config) withDefaults() (Config, error) {
	if c.DrainTimeout = cmp.Or(c.DrainTimeout, 10*time.Second); c.DrainTimeout < 0 {
		return c, fmt.Errorf("drain timeout is %v, it cannot be negative", c.DrainTimeout)
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c, cmp.Or(checkListen(c.Listen), c.shards(nil).Check())
}

func (c Config) shards(nextID func(context.Context) (snowflake.ID, error)) shards.Config {
	return shards.Config{Dir: c.Dir, DSNs: c.DSNs, Shards: c.Shards, NextID: nextID, Log: c.Log}
}

func checkListen(s string) error {
	if s == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Errorf("Listen %.80q is not HOST:PORT, as in %s", s, DefaultListen)
	}
	if host == "" {
		return fmt.Errorf("Listen %.80q has no host: write 127.0.0.1 for this machine alone or 0.0.0.0 for every interface", s)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("Listen %.80q has the port %.20q, allowed are 0 to 65535", s, port)
	}
	return nil
}
