package bench

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

// Tx is the configuration of the benchmark of transactions.
type Tx struct {
	Inflight     int
	Duration     time.Duration
	Count        int64
	AbortRatio   float64
	WarmUp       time.Duration
	Coordinators int
	NATS         string
	Data         string
	Progress     bool
	Cpuprofile   string
}

// Run measures and prints the report.
func (c Tx) Run(ctx context.Context, a *cli.App) (err error) {
	s := &system{url: c.NATS}
	if c.NATS == "" {
		if s, err = startSystem(ctx, c.Data, c.Coordinators, c.Cpuprofile); err != nil {
			return cli.Failed(err, "")
		}
		// Within the profiled function's caller: the processes write their profiles now.
		defer func() { err = errors.Join(err, s.stop()) }()
	}
	profile := ""
	if c.Cpuprofile != "" {
		profile = filepath.Join(c.Cpuprofile, "bench.pprof")
	}
	return cli.Profiled(profile, func() error { return c.measure(ctx, a, s) })
}

func (c Tx) measure(ctx context.Context, a *cli.App, s *system) error {
	nc, err := cli.Connect(ctx, s.url, "", "bench")
	if err != nil {
		return err
	}
	defer nc.Close()
	client, err := txclient.New(nc)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := seeded(ctx, nc); err != nil {
		return err
	}
	durability := streams.Verify(ctx, nc, txwire.LogStream().Name)
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
	a.Show(r, r.print)
	if r.Failed > 0 {
		return cli.Failed(fmt.Errorf("%d orders failed, the last one with: %s", r.Failed, r.LastError), "the figures above are not valid")
	}
	if ctx.Err() != nil {
		return cli.Failed(errors.New("interrupted: the figures above are of a part of the run"), "")
	}
	return nil
}

// seeded checks that the databases contain the benchmark's items, so that no real stock is ordered.
func seeded(ctx context.Context, nc *nats.Conn) error {
	data, err := cli.Ask(ctx, nc, food.Inventory, food.SubjectItems, wire.Encode(food.ItemsRequest{V: wire.Version, Item: "item-0"}))
	var m food.Items
	if err == nil {
		m, err = wire.Decode[food.Items](data)
	}
	if err == nil {
		err = cli.RefusedBy(food.Inventory, m.Code, m.Reason)
	}
	if err == nil {
		return nil
	}
	return cli.Failed(fmt.Errorf("the items of the benchmark are missing: %w", err), "start inventory and delivery on new databases with --sample bench, or leave out --nats")
}

// The numbers of items and zones, see inventory.Bench and delivery.Bench.
const (
	benchItems = 64
	benchZones = 8
)

// order returns the i-th order of a benchmark.
func (c Tx) order(i int64) txclient.Request {
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
