package main

import (
	"context"
	"errors"
	"os"
	"os/user"

	"parley/internal/cli"
	"parley/wire"
	"parley/wire/txwire"
)

type txAbandonCmd struct {
	natsFlags
	jsonFlag
	ID          txwire.ID `arg:"" help:"Id of the transaction."`
	Participant string    `arg:"" optional:"" help:"Name of the participant."`
	Event       *int      `placeholder:"N" help:"Give up the event with this index, as \"parley tx show\" names it, instead of a branch."`
	Reason      string    `required:"" placeholder:"TEXT" help:"The reason, which is recorded."`
	By          string    `placeholder:"NAME" help:"Who decided it (default: the user of this process)."`
}

func (*txAbandonCmd) Help() string {
	return `A committed transaction is sent to its participants until each has acknowledged it. If a journal is permanently lost, or refuses the outcome permanently as a violation, that never ends. This command ends it for one branch: the transaction stays committed and no longer counts as unfinished, and who abandoned it, when and why is recorded permanently and shown by "parley tx show". Nothing is repaired: correct the data of the participant manually.

It is refused while the journal answers and has not refused the outcome. A journal that becomes available again receives the outcome, applies it, and ends the abandonment.

With --event it ends the attempts to publish one event of the transaction, whose stream is lost or refuses it permanently. The event is not published later.

Exit codes: 0 it is recorded, now or before, 1 it is not recorded, or that is not known, 2 it is refused.

Examples:

    parley tx list
    parley tx abandon 4k2xq7n5w3rtyabc.17 inventory --reason lost-with-its-disk,ticket-812
    parley tx abandon 4k2xq7n5w3rtyabc.17 --event 0 --reason too-large-for-its-stream`
}

func (c *txAbandonCmd) Run(ctx context.Context, a *cli.App) error {
	m := txwire.Abandon{V: wire.Version, ID: c.ID, Participant: c.Participant, Event: c.Event, Reason: c.Reason, By: c.By}
	if m.By == "" {
		m.By = whoami()
	}
	if _, err := wire.Check(m); err != nil {
		return cli.Wrong(err, "")
	}
	_, client, closeAll, err := c.client(ctx, "tx abandon")
	if err != nil {
		return err
	}
	defer closeAll()
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	r, err := client.Abandon(ctx, m)
	if refused, ok := errors.AsType[*wire.Error](err); ok {
		switch refused.Code {
		case wire.CodeRefused, wire.CodeNotFound, wire.CodeInvalid:
			return cli.Wrong(err, "")
		}
	}
	if err != nil {
		return cli.Failed(err, "try again: repeating it changes nothing that is recorded")
	}
	if a.JSON {
		a.PrintJSON(r)
		return nil
	}
	if r.Event != nil {
		a.Printf("the event %d of %s is given up; the transaction is committed\n", *r.Event, r.ID)
		a.Facts("by", cli.Printable(r.By), "at", cli.Clock(r.At), "why", cli.Printable(r.Reason))
		return nil
	}
	a.Printf("the branch of %s at %s is abandoned; the transaction is committed\n", r.ID, cli.Printable(r.Participant))
	a.Facts("journal", r.Journal, "by", cli.Printable(r.By), "at", cli.Clock(r.At), "why", cli.Printable(r.Reason))
	return nil
}

// whoami returns the user of this process, and the machine.
func whoami() string {
	name := "somebody"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return wire.Clip(name)
}
