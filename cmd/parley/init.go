package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/internal/streams"
)

type initCmd struct {
	natsFlags
	jsonFlag
	Replicas int `default:"1" enum:"1,3,5" help:"Servers that hold each stream: 1 on a lone broker, 3 or 5 in a cluster."`
}

func (*initCmd) Help() string {
	return `Creates the streams, once. Roles never do that: a missing stream may be a lost one, and in a new one everything would seem never to have happened. An existing stream is checked and not changed.

Examples:

    parley init
    parley init --replicas 3 --nats nats://a:4222,b:4222,c:4222`
}

// notClustered is the broker's error code for replicas on a server without a cluster.
const notClustered jetstream.ErrorCode = 10074

// initJSON is what --json prints.
type initJSON struct {
	Streams    []initStreamJSON `json:"streams"`
	Durability string           `json:"durability"`
	Why        string           `json:"why,omitempty"`
}

type initStreamJSON struct {
	Name        string `json:"name"`
	Incarnation string `json:"incarnation"`
	Created     bool   `json:"created"`
}

func (c *initCmd) Run(ctx context.Context, a *cli.App) error {
	nc, err := c.connect(ctx, "init")
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	var r initJSON
	var names []string
	for _, spec := range catalog.Streams() {
		incarnation, created, err := streams.Ensure(ctx, js, spec, c.Replicas)
		if err != nil {
			do := ""
			if refused, ok := errors.AsType[*jetstream.APIError](err); ok && refused.ErrorCode == notClustered {
				do = "run `parley init` without --replicas for this lone broker, or start it as a member of a cluster: see `parley broker --help`"
			}
			return cli.Failed(fmt.Errorf("creating the streams: %w", err), do)
		}
		r.Streams = append(r.Streams, initStreamJSON{Name: spec.Name, Incarnation: incarnation, Created: created})
		names = append(names, spec.Name)
	}
	d := streams.Inspect(ctx, nc, names[0], names[1:]...)
	r.Durability, r.Why = string(d.Durability), d.Reason
	if a.JSON {
		a.PrintJSON(r)
		return nil
	}
	for _, s := range r.Streams {
		did := "exists already"
		if s.Created {
			did = "is created"
		}
		a.Printf("stream %s %s, incarnation %s, durability %s\n", s.Name, did, s.Incarnation, d.Durability)
	}
	d.Warn(a.Log)
	return nil
}
