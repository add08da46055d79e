package main

import (
	"context"

	"parley/internal/bench"
	"parley/internal/cli"
)

// benchEchoCmd answers every request with a constant response like that of the ID
// service: the least work that a service on NATS can do.
type benchEchoCmd struct {
	natsFlags
	logFlags
	UntilEOF bool `name:"until-eof" hidden:""`
}

func (c *benchEchoCmd) Run(ctx context.Context, a *cli.App) error {
	nc, err := c.connect(ctx, "echo")
	if err != nil {
		return err
	}
	defer nc.Close()
	return bench.Echo(ctx, nc, a)
}
