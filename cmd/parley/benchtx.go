package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/internal/bench"
	"parley/internal/cli"
)

type benchTxCmd struct {
	jsonFlag
	benchTxFlags
}

// benchTxFlags have the fields of [bench.Tx].
type benchTxFlags struct {
	Inflight     int           `default:"256" placeholder:"N" help:"Transactions under way at any time (default ${default})."`
	Duration     time.Duration `default:"10s" placeholder:"DURATION" help:"How long to measure (default ${default})."`
	Count        int64         `placeholder:"N" help:"Measure until N are committed, instead of for a duration."`
	AbortRatio   float64       `placeholder:"RATIO" help:"Share of orders that inventory refuses, from 0 to 1 (default 0)."`
	WarmUp       time.Duration `default:"1s" placeholder:"DURATION" help:"Load before the measurement (default ${default})."`
	Coordinators int           `default:"1" placeholder:"N" help:"Coordinators to start (default ${default})."`
	NATS         string        `name:"nats" placeholder:"URL" help:"Measure the system on this NATS instead of starting one. Its inventory and delivery must have been started on new databases with --sample bench."`
	Data         string        `placeholder:"DIR" help:"Where to create the temporary data directory; choose the disk to measure."`
	Progress     bool          `help:"Show a line each second even when stderr is not a terminal."`
	Cpuprofile   string        `hidden:"" placeholder:"DIR" help:"Write a CPU profile of every process into DIR."`
}

func (*benchTxCmd) Help() string {
	return `Starts a broker, a coordinator, inventory and delivery as separate processes with everything durable, orders as fast as it can, and ends them. Latency is from the submission to the answer, with the outcome durable. steal_percent is the share of CPU time that other virtual machines took: above a few per cent the figures are not reliable.

Examples:

    parley bench tx
    parley bench tx --inflight 1 --duration 5s
    parley bench tx --count 1000000 --json
    parley bench tx --abort-ratio 0.5`
}

// maxInflight bounds --inflight: beyond it the coordinator refuses with the code busy.
const maxInflight = 4096

func (c *benchTxCmd) Validate() error {
	switch {
	case c.Inflight < 1 || c.Inflight > maxInflight:
		return fmt.Errorf("--inflight is %d, allowed is 1 to %d", c.Inflight, maxInflight)
	case c.Duration <= 0:
		return fmt.Errorf("--duration is %v, it must be more than 0", c.Duration)
	case c.WarmUp < 0:
		return fmt.Errorf("--warm-up is %v, it cannot be negative", c.WarmUp)
	case c.Count < 0:
		return fmt.Errorf("--count is %d, it cannot be negative", c.Count)
	case c.AbortRatio < 0 || c.AbortRatio > 1:
		return fmt.Errorf("--abort-ratio is %v, allowed is 0 to 1", c.AbortRatio)
	case c.Count > 0 && c.AbortRatio == 1:
		return errors.New("--count counts commits, of which --abort-ratio 1 leaves none")
	case c.Coordinators < 1 || c.Coordinators > 16:
		return fmt.Errorf("--coordinators is %d, allowed is 1 to 16", c.Coordinators)
	}
	return nil
}

func (c *benchTxCmd) Run(ctx context.Context, a *cli.App) error {
	return bench.Tx(c.benchTxFlags).Run(ctx, a)
}
