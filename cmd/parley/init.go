package main

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/streams"
	"parley/wire"
)

type initCmd struct {
	natsFlags
	jsonFlag
	Replicas int `default:"1" enum:"1,3,5" help:"Servers that hold each stream: 1 on a lone broker, 3 or 5 in a cluster."`
}

func (*initCmd) Help() string {
	return `Roles never create a stream: a missing one may be a lost one, and a new one would be taken for an empty one. So it is done here, once. What exists is checked and left alone.

Examples:

    parley init
    parley init --replicas 3 --nats nats://a:4222,b:4222,c:4222`
}

// initJSON is what --json prints.
type initJSON struct {
	Stream      string `json:"stream"`
	Incarnation string `json:"incarnation"`
	Created     bool   `json:"created"`
	Durability  string `json:"durability"`
	Why         string `json:"why,omitempty"`
}

func (c *initCmd) Run(ctx context.Context, a *app) error {
	nc, err := c.connect(ctx, "init")
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	spec := wire.TxLog()
	incarnation, created, err := streams.Ensure(ctx, js, spec, c.Replicas)
	if err != nil {
		return failed(fmt.Errorf("creating the streams: %w", err), "")
	}
	d := streams.Inspect(ctx, nc, spec.Name)
	if a.json {
		a.printJSON(initJSON{Stream: spec.Name, Incarnation: incarnation, Created: created, Durability: string(d.Durability), Why: d.Reason})
		return nil
	}
	did := "exists already"
	if created {
		did = "is created"
	}
	a.printf("stream %s %s, incarnation %s, durability %s\n", spec.Name, did, incarnation, d.Durability)
	warnDurability(a.log, d)
	return nil
}
