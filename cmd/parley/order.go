package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"parley/coordinator/txclient"
	"parley/internal/cli"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/txwire"
)

type orderCmd struct {
	natsFlags
	jsonFlag
	submitFlags
	Item     string `arg:"" help:"What to order, as in the first column of the menu."`
	Quantity int64  `arg:"" name:"qty" help:"How many, from 1 to ${max_quantity}."`
	Zone     string `default:"centre" placeholder:"ZONE" help:"Where to deliver; couriers belong to zones (default ${default})."`
}

func (*orderCmd) Help() string {
	return `One order is one transaction: stock from inventory and a courier from delivery, both or neither. If an answer is lost, repeat the order with the same --key: it is placed once, and the answer is the same.

With --wait applied it answers when inventory and delivery have both applied the order. If one of them is unavailable for longer than --timeout, the answer is that the order is placed and not yet applied ("applied": false with --json): it is final, and is applied when the participant is available again.

Exit codes: 0 placed (with --wait applied also when it is not yet applied), 3 definitely not placed, 4 not known yet (repeat with the same key), 2 not acceptable (nothing was started), 1 no coordinator could be reached.

Examples:

    parley order margherita 2
    parley order margherita 2 --zone north --key breakfast-1
    parley order tiramisu 1 --wait applied --json`
}

// check refuses an order that no coordinator would accept.
func (c *orderCmd) check() error {
	if _, err := wire.Check(c.stock()); err != nil {
		return err
	}
	if _, err := wire.Check(c.courier()); err != nil {
		return fmt.Errorf("--zone: %w", err)
	}
	return c.submitFlags.check()
}

func (c *orderCmd) stock() food.StockOrder {
	return food.StockOrder{V: wire.Version, Item: c.Item, Quantity: c.Quantity}
}

func (c *orderCmd) courier() food.CourierOrder {
	return food.CourierOrder{V: wire.Version, Zone: c.Zone}
}

func (c *orderCmd) Run(ctx context.Context, a *cli.App) error {
	if err := c.check(); err != nil {
		return cli.Wrong(err, advice(wire.CodeInvalid))
	}
	nc, client, closeAll, err := c.client(ctx, "order")
	if err != nil {
		return err
	}
	defer closeAll()
	o, err := c.submit(ctx, a, client, c.request())
	r := receipt{Outcome: o, Item: c.Item, Quantity: c.Quantity, Zone: c.Zone, Wait: c.Wait}
	switch {
	case err == nil && o.Status == txwire.StatusCommitted:
		r.read(ctx, nc, client)
		return r.committed(a)
	case err == nil:
		return r.aborted(a)
	case errors.Is(err, txclient.ErrUnknown):
		return r.unknown(a, c.again(o.Key))
	}
	return notSubmitted(err, "nothing was ordered", advice)
}

// request is the transaction of the order.
func (c *orderCmd) request() txclient.Request {
	return txclient.Request{Branches: []txwire.Branch{
		{Participant: food.Inventory, Payload: wire.Encode(c.stock())},
		{Participant: food.Delivery, Payload: wire.Encode(c.courier())},
	}}
}

// again returns the command line that repeats this order.
func (c *orderCmd) again(key string) string {
	return "parley order " + cli.Quoted(c.Item) + " " + strconv.FormatInt(c.Quantity, 10) + " --zone " + cli.Quoted(c.Zone) + " --key " + cli.Quoted(key)
}

// advice returns what to do about an order that was not accepted.
func advice(code wire.Code) string {
	switch code {
	case wire.CodeConflict:
		return "the first order with this key is valid; show it with `parley tx show KEY`, or order with a new key"
	default:
		return "run `parley order --help` for the arguments of an order"
	}
}
