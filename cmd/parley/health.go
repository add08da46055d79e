package main

import (
	"context"
	"time"

	"parley/internal/cli"
	"parley/internal/host"
)

// healthTimeout bounds the request. It is longer than the process may take to answer,
// so that its reason is received.
const healthTimeout = host.HealthPatience + time.Second

type healthCmd struct {
	jsonFlag
	At string `default:"127.0.0.1:8484" env:"PARLEY_HEALTH" placeholder:"HOST:PORT" help:"The process's --health (default ${default})."`
}

func (*healthCmd) Help() string {
	return `Checks whether one process, started with --health, serves, and exits with 0 if it does and with 1 if not. It is the health check of the container image, which has no other program.

Examples:

    parley coordinator --health 127.0.0.1:8484
    parley health --at 127.0.0.1:8484`
}

// healthJSON is what --json prints.
type healthJSON struct {
	Serves bool `json:"serves"`
}

func (c *healthCmd) Run(ctx context.Context, a *cli.App) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	if err := host.AskHealth(ctx, c.At); err != nil {
		return err
	}
	a.Show(healthJSON{Serves: true}, func(a *cli.App) { a.Printf("it serves\n") })
	return nil
}
