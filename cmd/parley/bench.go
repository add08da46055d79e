package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"parley/coordinator/txclient"
	"parley/internal/cli"
	"parley/internal/streams"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

type benchTxCmd struct {
	jsonFlag
	Inflight     int           `default:"256" placeholder:"N" help:"Transactions under way at any time (default ${default})."`
	Duration     time.Duration `default:"10s" placeholder:"DURATION" help:"How long to measure (default ${default})."`
	Count        int64         `placeholder:"N" help:"Measure until so many are committed, instead of for a duration."`
	AbortRatio   float64       `placeholder:"RATIO" help:"Share of orders that inventory refuses, from 0 to 1 (default 0)."`
	WarmUp       time.Duration `default:"1s" placeholder:"DURATION" help:"Load before the measurement (default ${default})."`
	Coordinators int           `default:"1" placeholder:"N" help:"Coordinators to start (default ${default})."`
	NATS         string        `name:"nats" placeholder:"URL" help:"Measure the system on this NATS instead of starting one. Its inventory and delivery must have been started on new databases with --sample bench."`
	Data         string        `placeholder:"DIR" help:"Where to make the temporary data directory; choose the disk to measure."`
	Progress     bool          `help:"Show a line each second even when stderr is not a terminal."`
	Cpuprofile   string        `hidden:"" placeholder:"DIR" help:"Write a CPU profile of every process into DIR."`
}

func (*benchTxCmd) Help() string {
	return `Starts a broker, a coordinator, inventory and delivery as processes of their own with everything durable, orders as fast as it can, and ends them again. Latency is from the submission to the answer, with the outcome durable. steal_percent is what the machine's other tenants took: above a few per cent the figures say little.

Examples:

    parley bench tx
    parley bench tx --inflight 1 --duration 5s
    parley bench tx --count 1000000 --json
    parley bench tx --abort-ratio 0.5`
}

// maxInflight bounds --inflight: beyond it the coordinator answers busy.
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

func (c *benchTxCmd) Run(ctx context.Context, a *cli.App) (err error) {
	s := &system{url: c.NATS}
	if c.NATS == "" {
		if s, err = startSystem(ctx, c.Data, c.Coordinators, c.Cpuprofile); err != nil {
			return cli.Failed(err, "")
		}
		// Ended before the report is final, since a profile is written then.
		defer func() { err = errors.Join(err, s.stop()) }()
	}
	profile := profileFlag{}
	if c.Cpuprofile != "" {
		profile.Pprof = filepath.Join(c.Cpuprofile, "bench.pprof")
	}
	return profile.around(func() error { return c.measure(ctx, a, s) })
}

func (c *benchTxCmd) measure(ctx context.Context, a *cli.App, s *system) error {
	nc, client, closeAll, err := natsFlags{NATS: s.url}.client(ctx, "bench")
	if err != nil {
		return err
	}
	defer closeAll()
	if err := seeded(ctx, nc); err != nil {
		return err
	}
	durability := streams.Verify(ctx, nc)
	l := newLoad(client, c)
	m := newMeter(s, l)
	if c.Progress || cli.IsTerminal(a.Err) {
		m.progress = a.Err
	}
	r, err := m.run(ctx, c)
	if err != nil {
		return err
	}
	r.Durability = string(durability)
	if a.JSON {
		a.PrintJSON(r)
	} else {
		r.print(a)
	}
	if r.Failed > 0 {
		return cli.Failed(fmt.Errorf("%d orders failed, the last one with: %s", r.Failed, r.LastError), "the figures above do not count")
	}
	if ctx.Err() != nil {
		return cli.Failed(errors.New("interrupted: the figures above are of a part of the run"), "")
	}
	return nil
}

// seeded makes sure that orders take nothing that anybody will miss.
func seeded(ctx context.Context, nc *nats.Conn) error {
	_, err := askItems(ctx, nc, food.SubjectItems, wire.Encode(food.ItemsRequest{V: wire.Version, Item: "item-0"}))
	if err == nil {
		return nil
	}
	return cli.Failed(fmt.Errorf("there is nothing to order for a bench: %w", err), "start inventory and delivery on new databases with --sample bench, or leave out --nats")
}

// What there is to order, see inventory.Bench and delivery.Bench.
const (
	benchItems = 64
	benchZones = 8
)

// order is the i-th order of a bench.
func (c *benchTxCmd) order(i int64) txclient.Request {
	item := fmt.Sprintf("item-%d", i%benchItems)
	// Spread evenly: every order whose turn crosses a whole number aborts.
	if int64(float64(i+1)*c.AbortRatio) > int64(float64(i)*c.AbortRatio) {
		item = "none"
	}
	return txclient.Request{Branches: []txwire.Branch{
		{Participant: food.Inventory, Payload: wire.Encode(food.StockOrder{V: wire.Version, Item: item, Quantity: 1})},
		{Participant: food.Delivery, Payload: wire.Encode(food.CourierOrder{V: wire.Version, Zone: fmt.Sprintf("zone-%d", i%benchZones)})},
	}}
}
