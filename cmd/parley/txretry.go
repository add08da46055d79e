package main

import (
	"context"
	"errors"
	"time"

	"parley/internal/cli"
	"parley/wire"
	"parley/wire/txwire"
)

type txRetryCmd struct {
	natsFlags
	jsonFlag
	ID          txwire.ID `arg:"" help:"Id of the transaction."`
	Participant string    `arg:"" help:"Name of the participant."`
}

func (*txRetryCmd) Help() string {
	return `A participant whose resource returns an error for an outcome retries it, with pauses that grow to two minutes. This command retries it now and prints the result; the decision of the transaction does not change.

Exit codes: 0 it is applied, 1 it failed again, or no outcome of it has failed there.

Examples:

    parley tx list
    parley tx retry 4k2xq7n5w3rtyabc.17 inventory`
}

// retryTimeout bounds one attempt, in which a resource may do long work.
const retryTimeout = 30 * time.Second

func (c *txRetryCmd) Run(ctx context.Context, a *cli.App) error {
	_, client, closeAll, err := c.client(ctx, "tx retry")
	if err != nil {
		return err
	}
	defer closeAll()
	ctx, cancel := context.WithTimeout(ctx, retryTimeout)
	defer cancel()
	r, err := client.Retry(ctx, c.Participant, c.ID)
	if err != nil {
		return cli.Failed(err, "`parley tx show "+c.ID.String()+"` shows the participants, `parley status` which processes run")
	}
	if a.JSON {
		a.PrintJSON(struct {
			ID txwire.ID `json:"id"`
			txwire.Retried
		}{c.ID, r})
	}
	switch {
	case r.Code == "" && !a.JSON:
		a.Printf("%s is applied at %s\n", c.ID, c.Participant)
	case r.Code != "" && a.JSON:
		return cli.Ended(cli.ExitFailed)
	case r.Code == wire.CodeNotFound:
		return cli.Failed(errors.New(c.Participant+": "+cli.Printable(r.Reason)), "`parley tx show "+c.ID.String()+"` shows the state of its branch")
	case r.Code != "":
		return cli.Failed(errors.New(c.Participant+" failed again, as "+cli.Plural(r.Tries, "time", "times")+" before and now: "+cli.Printable(r.Reason)), "fix the cause and retry; it is also retried automatically")
	}
	return nil
}
