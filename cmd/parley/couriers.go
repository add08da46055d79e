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

type couriersCmd struct {
	natsFlags
	jsonFlag
	Zone     string `placeholder:"ZONE" help:"Only the couriers of this zone."`
	Complete int64  `placeholder:"NUMBER" help:"The courier with this number has delivered one order and is free for another."`
}

func (*couriersCmd) Help() string {
	return `A courier carries several orders at a time: RESERVED are those that are undecided, ASSIGNED those that are placed and not delivered yet.

Examples:

    parley couriers
    parley couriers --zone north
    parley couriers --complete 3`
}

func (c *couriersCmd) Validate() error {
	if c.Complete != 0 && c.Zone != "" {
		return errors.New("--complete and --zone cannot be combined")
	}
	if c.Complete == 0 {
		if _, err := wire.Check(c.list()); err != nil {
			return fmt.Errorf("--zone: %w", err)
		}
		return nil
	}
	if _, err := wire.Check(c.complete()); err != nil {
		return fmt.Errorf("--complete: %w", err)
	}
	return nil
}

func (c *couriersCmd) list() food.CouriersRequest {
	return food.CouriersRequest{V: wire.Version, Zone: c.Zone}
}

func (c *couriersCmd) complete() food.Complete {
	return food.Complete{V: wire.Version, Courier: c.Complete}
}

func (c *couriersCmd) Run(ctx context.Context, a *cli.App) error {
	nc, err := c.connect(ctx, "couriers")
	if err != nil {
		return err
	}
	defer nc.Close()
	subject, request := food.SubjectCouriers, wire.Encode(c.list())
	if c.Complete != 0 {
		subject, request = food.SubjectComplete, wire.Encode(c.complete())
	}
	data, err := cli.Ask(ctx, nc, food.Delivery, subject, request)
	if err != nil {
		return err
	}
	m, err := wire.Decode[food.Couriers](data)
	if err != nil {
		return err
	}
	if err := cli.RefusedBy(food.Delivery, m.Code, m.Reason); err != nil {
		return err
	}
	if a.JSON {
		a.PrintJSON(map[string]any{"couriers": m.Couriers})
		return nil
	}
	rows := [][]string{{">NUMBER", "NAME", "ZONE", ">CAPACITY", ">RESERVED", ">ASSIGNED", ">FREE"}}
	for _, c := range m.Couriers {
		row := []string{strconv.FormatInt(c.ID, 10), c.Name, c.Zone}
		for _, n := range []int64{c.Capacity, c.Reserved, c.Assigned, c.Capacity - c.Reserved - c.Assigned} {
			row = append(row, strconv.FormatInt(n, 10))
		}
		rows = append(rows, row)
	}
	a.Table(rows)
	return nil
}
