package main

import (
	"context"
	"strconv"

	"github.com/nats-io/nats.go"

	"parley/internal/cli"
	"parley/participants/food"
	"parley/wire"
)

type menuCmd struct {
	natsFlags
	jsonFlag
}

func (*menuCmd) Help() string {
	return `Left is what can still be ordered: the stock without what orders under way have reserved.

Examples:

    parley menu
    parley menu --json`
}

// menuJSON is one line of the menu.
type menuJSON struct {
	Item       string `json:"item"`
	Name       string `json:"name"`
	PriceCents int64  `json:"price_cents"`
	Left       int64  `json:"left"`
}

func (c *menuCmd) Run(ctx context.Context, a *cli.App) error {
	nc, err := c.connect(ctx, "menu")
	if err != nil {
		return err
	}
	defer nc.Close()
	items, err := askItems(ctx, nc, food.SubjectItems, wire.Encode(food.ItemsRequest{V: wire.Version}))
	if err != nil {
		return err
	}
	lines := make([]menuJSON, 0, len(items))
	rows := [][]string{{"ITEM", "NAME", ">PRICE", ">LEFT"}}
	for _, i := range items {
		left := i.Stock - i.Reserved
		lines = append(lines, menuJSON{Item: i.Item, Name: i.Name, PriceCents: i.PriceCents, Left: left})
		rows = append(rows, []string{i.Item, i.Name, cli.Price(i.PriceCents), strconv.FormatInt(left, 10)})
	}
	if a.JSON {
		a.PrintJSON(map[string]any{"menu": lines})
		return nil
	}
	a.Table(rows)
	return nil
}

// askItems asks inventory for items.
func askItems(ctx context.Context, nc *nats.Conn, subject string, request []byte) ([]food.Item, error) {
	data, err := cli.Ask(ctx, nc, food.Inventory, subject, request)
	if err != nil {
		return nil, err
	}
	m, err := wire.Decode[food.Items](data)
	if err != nil {
		return nil, err
	}
	return m.Items, cli.RefusedBy(food.Inventory, m.Code, m.Reason)
}
