package main

import (
	"context"
	"fmt"
	"time"

	"parley/internal/cli"
	"parley/internal/status"
)

type statusCmd struct {
	natsFlags
	jsonFlag
	Watch    bool          `help:"Repeat until Ctrl-C: redraw on a terminal, append elsewhere."`
	Interval time.Duration `default:"1s" placeholder:"DURATION" help:"Time over which rates are measured, and between two snapshots (default ${default}, at least ${min_interval})."`
}

// minInterval is longer than a snapshot takes if every process answers.
const minInterval = 500 * time.Millisecond

func (*statusCmd) Help() string {
	return `Shows every process that answers, every broker, the streams, the leases of worker numbers, the transactions in doubt, and rates. Requests that are not answered within a second are listed as such, so that the command is useful while half of the cluster is dead. With --watch, processes that have stopped are shown too.

A stream is "synced" when every server that holds it and answers declares that it syncs before it acknowledges; "replicated" and "unverified" can lose acknowledged transactions when the power fails.

Examples:

    parley status
    parley status --watch --interval 2s
    parley status --json`
}

func (c *statusCmd) Validate() error {
	if c.Interval < minInterval {
		return fmt.Errorf("--interval is %v, it must be at least %v", c.Interval, minInterval)
	}
	return nil
}

func (c *statusCmd) Run(ctx context.Context, a *cli.App) error {
	probes := status.ProbeAll(ctx, status.AddressesOf(c.NATS))
	at := c.natsFlags
	at.NATS = status.Greeting(c.NATS, probes)
	nc, err := at.connect(ctx, "status")
	if err != nil {
		if !a.JSON && len(probes) > 1 {
			status.PrintBrokers(a, probes)
		}
		return err
	}
	defer nc.Close()
	return status.Show(ctx, a, nc, c.NATS, c.Interval, c.Watch)
}
