package main

import (
	"context"
	"fmt"

	"parley/idworker"
	"parley/idworker/snowflake"
	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/internal/hooks"
	"parley/internal/host"
	"parley/internal/lifecycle"
	"parley/natsconn"

	"github.com/nats-io/nats.go"
)

type idworkerCmd struct {
	natsFlags
	nameFlag
	processFlags
	clockFlag
	Numbers int `hidden:"" placeholder:"N" help:"Use only the worker numbers below N (for tests)."`
}

func (*idworkerCmd) Help() string {
	return `An idworker holds one of 32 worker numbers by a lease in NATS and issues IDs with it. Run as many as you like: each has a different number, and when all are taken a further one waits until one is released. It stores nothing on disk.

Examples:

    parley idworker
    parley idworker --nats nats://user:password@a:4222,b:4222,c:4222`
}

func (c *idworkerCmd) Run(ctx context.Context, a *cli.App) error {
	if c.Numbers < 0 || c.Numbers > snowflake.MaxWorker+1 {
		return cli.Wrong(fmt.Errorf("--numbers is %d, allowed is 1 to %d", c.Numbers, snowflake.MaxWorker+1), "")
	}
	cfg := idworker.Config{Numbers: c.Numbers}
	ctx = hooks.With(ctx, hooks.Hooks{Now: c.now(ctx)})
	return c.serve(ctx, idworkerRole(c.named(c.options(catalog.IDWorker, a.Log)), cfg), func() { a.Printf("the idworker is ready\n") })
}

// idworkerRole returns an idworker with its own connection.
func idworkerRole(conn natsconn.Options, cfg idworker.Config) *host.Role {
	return host.NewRole(conn, func(nc *nats.Conn) (lifecycle.Role, error) {
		cfg.Log = conn.Log
		return idworker.New(cfg, idworker.Deps{NATS: nc})
	})
}
