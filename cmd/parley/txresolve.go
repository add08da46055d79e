package main

import (
	"context"
	"fmt"
	"time"

	"parley/coordinator/txclient"
	"parley/internal/cli"
	"parley/internal/txview"
	"parley/wire"
	"parley/wire/txwire"
)

type txResolveCmd struct {
	natsFlags
	jsonFlag
	ID txwire.ID `arg:"" help:"Id of the transaction."`
}

func (*txResolveCmd) Help() string {
	return `Participants request the outcome themselves, about a second after their vote. This command requests it now: a coordinator seals the log of one that does not answer, and returns the outcome. It never guesses.

Exit codes: 0 committed, 3 aborted, 4 not known, or not yet.

Examples:

    parley tx list
    parley tx resolve 4k2xq7n5w3rtyabc.17`
}

// resolveTimeout bounds one request: a coordinator waits two seconds for the owner of a
// log before it seals the log.
const resolveTimeout = 15 * time.Second

// resolvedJSON is what --json prints.
type resolvedJSON struct {
	ID          txwire.ID     `json:"id"`
	Participant string        `json:"participant,omitempty"`
	Status      txwire.Status `json:"status"`
	Code        wire.Code     `json:"code,omitempty"`
	Reason      string        `json:"reason,omitempty"`
}

func (c *txResolveCmd) Run(ctx context.Context, a *cli.App) error {
	_, client, closeAll, err := c.client(ctx, "tx resolve")
	if err != nil {
		return err
	}
	defer closeAll()
	all := txview.Views{}
	if err := all.AddBranches(ctx, client, txwire.BranchQuery{ID: c.ID}); err != nil {
		return err
	}
	for _, b := range all.At(c.ID).Branches {
		if b.State == txwire.BranchPrepared {
			return c.resolve(ctx, a, client, b)
		}
	}
	return c.settled(ctx, a, client)
}

// resolve requests the outcome of a branch in doubt. The participants receive it from the
// coordinator and by their own requests.
func (c *txResolveCmd) resolve(ctx context.Context, a *cli.App, client *txclient.Client, b txview.Branch) error {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	r, err := client.Resolve(ctx, txwire.Resolve{ID: c.ID, Participant: b.Participant, Journal: b.Journal})
	if err != nil {
		return cli.Failed(err, "start a coordinator with `parley coordinator`, which finishes the transactions of others")
	}
	return c.report(a, resolvedJSON{ID: c.ID, Participant: b.Participant, Status: r.Status, Code: r.Code, Reason: r.Reason})
}

// settled reports the status when no running participant is in doubt.
func (c *txResolveCmd) settled(ctx context.Context, a *cli.App, client *txclient.Client) error {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	o, err := client.Status(ctx, c.ID)
	if err != nil {
		return cli.Failed(err, "start a coordinator with `parley coordinator`")
	}
	return c.report(a, resolvedJSON{ID: c.ID, Status: o.Status, Code: o.Code, Reason: "no participant that answers is in doubt about it"})
}

func (c *txResolveCmd) report(a *cli.App, r resolvedJSON) error {
	if a.JSON {
		a.PrintJSON(r)
	} else {
		a.Printf("%s is %s\n", r.ID, r.Status)
		a.Facts("asked for", r.Participant, "why", cli.Printable(r.Reason))
	}
	switch r.Status {
	case txwire.StatusCommitted:
		return nil
	case txwire.StatusAborted:
		return cli.Ended(cli.ExitAborted)
	default:
		if !a.JSON && r.Participant != "" {
			fmt.Fprintf(a.Err, "next: try again later; `parley tx show %s` shows which participant holds it\n", r.ID)
		}
		return cli.Ended(cli.ExitUnknown)
	}
}
