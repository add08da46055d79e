package main

import (
	"context"
	"fmt"

	"parley/internal/cli"
	"parley/internal/txview"
	"parley/wire"
)

type txShowCmd struct {
	natsFlags
	jsonFlag
	Which string `arg:"" name:"id|key" help:"Id of the transaction, or the key it was submitted with."`
}

func (*txShowCmd) Help() string {
	return `Shows a transaction as the coordinators and every participant's journal have it. With a key, it shows every transaction that was submitted with the key: at most one of them is committed.

Examples:

    parley tx show breakfast-1
    parley tx show 4k2xq7n5w3rtyabc.17`
}

func (c *txShowCmd) Run(ctx context.Context, a *cli.App) error {
	_, client, closeAll, err := c.client(ctx, "tx show")
	if err != nil {
		return err
	}
	defer closeAll()
	ctx, cancel := context.WithTimeout(ctx, 2*cli.AskTimeout)
	defer cancel()
	views, err := txview.Find(ctx, client, c.Which)
	if err != nil {
		return err
	}
	if len(views) == 0 {
		return cli.Failed(&wire.Error{Code: wire.CodeNotFound, Text: fmt.Sprintf("no coordinator and no participant knows a transaction with the id or key %q", c.Which)},
			"`parley tx list` shows what is unfinished, `parley status` which processes answer; journals forget finished transactions after a day")
	}
	if a.JSON {
		a.PrintJSON(map[string]any{"transactions": views})
		return nil
	}
	for i, v := range views {
		if i > 0 {
			a.Printf("\n")
		}
		v.Print(a)
	}
	return nil
}
