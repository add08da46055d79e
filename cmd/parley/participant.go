package main

import (
	"context"
	"errors"

	"parley/internal/cli"
	"parley/internal/hooks"
	"parley/internal/host"
	"parley/internal/lifecycle"
	"parley/natsconn"
	"parley/participants"
	"parley/participants/delivery"
	"parley/participants/food"
	"parley/participants/inventory"

	"github.com/nats-io/nats.go"
)

// participantFlags are common to the commands that run a participant.
type participantFlags struct {
	natsFlags
	nameFlag
	dataFlag
	processFlags
	crashFlag
	sampleFlag
	clockFlag
	AcceptIncarnation string `placeholder:"NAME" help:"Start although the commit log stream was recreated, or its store was replaced by an older one; NAME is its current incarnation. Only if the missing records are permanently lost."`
	AcceptJournal     string `placeholder:"ID" help:"Let this journal vote again after a copy of it was found running; ID is the journal's. Only if the copy does not vote any more."`
	newJournalFlag
}

// newJournalFlag is common to the commands that open journals.
type newJournalFlag struct {
	NewJournal bool `help:"Start a new journal although the participant had another one before. Only if the old one is permanently lost."`
}

// run runs the participant that role returns.
func (f *participantFlags) run(ctx context.Context, a *cli.App, name string, role func(natsconn.Options, participants.Config, string, sampleFlag) *host.Role) error {
	if err := f.prepare(a.Log); err != nil {
		return err
	}
	conn := f.named(f.options(name, a.Log))
	r := role(conn, participants.Config{
		Name: name, AcceptIncarnation: f.AcceptIncarnation, AcceptJournal: f.AcceptJournal, NewJournal: f.NewJournal,
		Log: a.Log,
	}, f.journal(name), f.sampleFlag)
	ctx = hooks.With(ctx, hooks.Hooks{Step: f.step(), Now: f.now(ctx)})
	return aboutJournal(f.serve(ctx, r, func() { a.Printf("%s is ready\n", name) }))
}

// aboutJournal adds advice to an error about a journal.
func aboutJournal(err error) error {
	if e, ok := errors.AsType[*participants.IncarnationError](err); ok {
		return cli.Failed(err, "connect to the right broker; only if the old stream is permanently lost, start once with --accept-incarnation "+e.Present)
	}
	if _, ok := errors.AsType[*participants.NewJournalError](err); ok {
		return cli.Failed(err, "mount or restore the old journal; only if it is permanently lost, start once with --new-journal")
	}
	return err
}

type inventoryCmd struct{ participantFlags }

func (*inventoryCmd) Help() string {
	return `Inventory holds items with stock and prices in its own database, DIR/inventory.db. A new database starts with a sample menu.

Examples:

    parley inventory --data /var/lib/parley
    parley inventory --nats nats://broker:4222`
}

func (c *inventoryCmd) Run(ctx context.Context, a *cli.App) error {
	return c.run(ctx, a, food.Inventory, inventoryRole)
}

func inventoryRole(conn natsconn.Options, cfg participants.Config, path string, sample sampleFlag) *host.Role {
	return host.NewRole(conn, func(nc *nats.Conn) (lifecycle.Role, error) {
		return inventory.New(inventory.Config{Config: cfg, Path: path, Seed: sample.items()}, participants.Deps{NATS: nc})
	})
}

type deliveryCmd struct{ participantFlags }

func (*deliveryCmd) Help() string {
	return `Delivery holds couriers in zones in its own database, DIR/delivery.db. A new database starts with sample couriers.

Examples:

    parley delivery --data /var/lib/parley
    parley delivery --nats nats://broker:4222`
}

func (c *deliveryCmd) Run(ctx context.Context, a *cli.App) error {
	return c.run(ctx, a, food.Delivery, deliveryRole)
}

func deliveryRole(conn natsconn.Options, cfg participants.Config, path string, sample sampleFlag) *host.Role {
	return host.NewRole(conn, func(nc *nats.Conn) (lifecycle.Role, error) {
		return delivery.New(delivery.Config{Config: cfg, Path: path, Seed: sample.couriers()}, participants.Deps{NATS: nc})
	})
}
