package main

import (
	"context"
	"fmt"

	"parley/internal/cli"
	"parley/internal/txview"
	"parley/wire"
	"parley/wire/txwire"
)

type txListCmd struct {
	natsFlags
	jsonFlag
	From txwire.ID `placeholder:"ID" help:"Begin with this transaction; the last line of an incomplete list contains it."`
}

func (*txListCmd) Help() string {
	return fmt.Sprintf(`Lists the transactions that the coordinators have not finished and those that any participant has prepared without knowing the outcome. One list has at most %d transactions, in the order of their ids; when there are more, it ends with how many there are and with the command that shows the next ones ("more" and "next" with --json). In a healthy system no transaction is listed for longer than a few seconds.

Examples:

    parley tx list
    parley tx list --json
    parley tx list --from 4k2xq7n5w3rtyabc.118`, wire.MaxList)
}

func (c *txListCmd) Run(ctx context.Context, a *cli.App) error {
	_, client, closeAll, err := c.client(ctx, "tx list")
	if err != nil {
		return err
	}
	defer closeAll()
	list, err := txview.List(ctx, client, c.From)
	if err != nil {
		return err
	}
	a.Show(list, list.Print)
	return nil
}
