package main

import (
	"context"
	"time"

	"parley/internal/catalog"
	"parley/internal/cli"
	"parley/wire"
	"parley/wire/idwire"
)

type idNextCmd struct {
	natsFlags
	jsonFlag
	Count int  `short:"n" default:"1" placeholder:"N" help:"How many, at most ${max_ids} (default ${default})."`
	Short bool `help:"Print the short form, which sorts as text."`
}

func (*idNextCmd) Help() string {
	return `Prints new IDs, one a line, ascending. They are unique among all IDs that were ever issued on this NATS, and sort by time.

Examples:

    parley id next
    parley id next -n 100
    parley id next --json | jq .ids[0].time`
}

func (c *idNextCmd) Validate() error { return checkCount(c.Count) }

func (c *idNextCmd) Run(ctx context.Context, a *cli.App) error {
	nc, err := c.connect(ctx, "id")
	if err != nil {
		return err
	}
	defer nc.Close()
	data, err := cli.Ask(ctx, nc, catalog.IDWorker, idwire.SubjectNext, wire.Encode(idwire.Request{V: wire.Version, Count: c.Count}))
	if err != nil {
		return err
	}
	m, err := wire.Decode[idwire.IDs](data)
	if err == nil {
		err = cli.RefusedBy(catalog.IDWorker, m.Code, m.Reason)
	}
	if err != nil {
		return err
	}
	if a.JSON {
		now, out := time.Now(), []idJSON{}
		for _, id := range m.IDs {
			out = append(out, decodeID(id, now))
		}
		a.PrintJSON(map[string]any{"ids": out})
		return nil
	}
	for _, id := range m.IDs {
		if c.Short {
			a.Printf("%s\n", id.Short())
		} else {
			a.Printf("%s\n", id)
		}
	}
	return nil
}
