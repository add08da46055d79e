package main

import (
	"context"
	"fmt"
	"time"

	"parley/internal/bench"
	"parley/internal/cli"
)

type benchIDCmd struct {
	jsonFlag
	benchIDFlags
}

// benchIDFlags have the fields of [bench.ID].
type benchIDFlags struct {
	Duration time.Duration `default:"3s" placeholder:"DURATION" help:"How long to measure each part (default ${default})."`
	Inflight int           `default:"64" placeholder:"N" help:"Requests under way at any time, where requests are measured (default ${default})."`
	Data     string        `placeholder:"DIR" help:"Where to create the temporary data directory; choose the disk to measure."`
	Progress bool          `help:"Show what is being measured even when stderr is not a terminal."`
}

func (*benchIDCmd) Help() string {
	return `Measures, one after the other: what one ID costs inside a lease, in this process; how many one worker makes in real time, without running ahead of the clock; requests for single IDs and requests to a bare NATS echo, in turns; and how many one client issues from blocks that it fetches. Broker, idworker and echo are separate processes.

Examples:

    parley bench id
    parley bench id --duration 10s --json`
}

func (c *benchIDCmd) Validate() error {
	switch {
	case c.Duration < 100*time.Millisecond || c.Duration > time.Hour:
		return fmt.Errorf("--duration is %v, allowed is 100ms to 1h", c.Duration)
	case c.Inflight < 1 || c.Inflight > maxInflight:
		return fmt.Errorf("--inflight is %d, allowed is 1 to %d", c.Inflight, maxInflight)
	}
	return nil
}

func (c *benchIDCmd) Run(ctx context.Context, a *cli.App) error {
	return bench.ID(c.benchIDFlags).Run(ctx, a)
}
