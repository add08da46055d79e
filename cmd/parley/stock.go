package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"parley/internal/cli"
	"parley/participants/food"
	"parley/wire"
)

type stockCmd struct {
	natsFlags
	jsonFlag
	Item string `arg:"" optional:"" help:"Only this item."`
	Add  int64  `placeholder:"QTY" help:"Add QTY of ITEM to its stock first."`
}

func (*stockCmd) Help() string {
	return `STOCK is what is available, RESERVED the part of it that undecided orders hold, LEFT what can be ordered.

Examples:

    parley stock
    parley stock margherita --add 20`
}

func (c *stockCmd) Validate() error {
	if c.Add != 0 && c.Item == "" {
		return errors.New("--add needs an ITEM")
	}
	if c.Add == 0 {
		_, err := wire.Check(c.list())
		return err
	}
	if _, err := wire.Check(c.restock()); err != nil {
		return fmt.Errorf("--add: %w", err)
	}
	return nil
}

func (c *stockCmd) list() food.ItemsRequest {
	return food.ItemsRequest{V: wire.Version, Item: c.Item}
}

func (c *stockCmd) restock() food.Restock {
	return food.Restock{V: wire.Version, Item: c.Item, Quantity: c.Add}
}

func (c *stockCmd) Run(ctx context.Context, a *cli.App) error {
	nc, err := c.connect(ctx, "stock")
	if err != nil {
		return err
	}
	defer nc.Close()
	subject, request := food.SubjectItems, wire.Encode(c.list())
	if c.Add != 0 {
		subject, request = food.SubjectRestock, wire.Encode(c.restock())
	}
	items, err := askItems(ctx, nc, subject, request)
	if err != nil {
		return err
	}
	if a.JSON {
		a.PrintJSON(map[string]any{"items": items})
		return nil
	}
	rows := [][]string{{"ITEM", ">STOCK", ">RESERVED", ">LEFT"}}
	for _, i := range items {
		rows = append(rows, []string{i.Item, strconv.FormatInt(i.Stock, 10), strconv.FormatInt(i.Reserved, 10), strconv.FormatInt(i.Stock-i.Reserved, 10)})
	}
	a.Table(rows)
	return nil
}
