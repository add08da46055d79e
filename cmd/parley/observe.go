package main

import (
	"context"
	"fmt"

	"parley/internal/cli"
	"parley/internal/observe"
	"parley/natsconn"
	"parley/wire/txwire"
)

type observeCmd struct {
	natsFlags
	jsonFlag
	Tx    txwire.ID `placeholder:"ID" help:"Only this transaction."`
	Count int       `placeholder:"N" help:"End after N messages."`
}

func (*observeCmd) Help() string {
	return `Every line is one message of the protocol: its sender and receiver, its kind, the transaction, and its contents. The command only subscribes; NATS permissions decide who may. --json prints one object a line.

Examples:

    parley observe
    parley observe --tx 4k2xq7n5w3rtyabc.17
    parley observe --json | jq 'select(.kind == "vote")'`
}

func (c *observeCmd) Run(ctx context.Context, a *cli.App) error {
	nc, err := c.connect(ctx, "observe")
	if err != nil {
		return err
	}
	defer nc.Close()
	fmt.Fprintf(a.Err, "observing %s, Ctrl-C ends\n", natsconn.Redact(c.NATS))
	return observe.Watch{Tx: c.Tx, Count: c.Count}.Run(ctx, a, nc)
}
