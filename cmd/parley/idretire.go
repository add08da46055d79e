package main

import (
	"context"

	"parley/internal/cli"
	"parley/internal/status"
	"parley/wire"
)

type idRetireCmd struct {
	natsFlags
	jsonFlag
	Worker int `arg:"" help:"The worker number, 0 to ${max_worker}."`
}

func (*idRetireCmd) Help() string {
	return `A lease written while the broker's clock was far in the future reserves timestamps that are still to come: IDs with them may exist, so the number cannot be used until they have passed. Idworkers skip the number and log that. Retiring it confirms that this is known; it is then listed as retired. The number is used again automatically after that time.

Examples:

    parley id workers
    parley id retire 7`
}

func (c *idRetireCmd) Validate() error { return checkWorker(c.Worker) }

func (c *idRetireCmd) Run(ctx context.Context, a *cli.App) error {
	client, closeAll, err := c.idClient(ctx)
	if err != nil {
		return err
	}
	defer closeAll()
	table, err := client.Retire(ctx, c.Worker)
	if err != nil {
		return noIDWorker(err)
	}
	w := workersJSON{}
	for _, l := range table.Leases {
		w.Leases = append(w.Leases, status.NewLease(l, table.BrokerTime))
	}
	if a.JSON {
		a.PrintJSON(map[string][]status.Lease{"leases": w.Leases})
		return nil
	}
	for _, l := range w.Leases {
		a.Printf("worker %d is retired until %s\n", l.Worker, l.UntilAt.Format("2006-01-02 15:04:05Z"))
	}
	return nil
}

// noIDWorker adds advice to an error of the ID client.
func noIDWorker(err error) error {
	if wire.CodeOf(err) == wire.CodeInvalid || wire.CodeOf(err) == wire.CodeNotFound || wire.CodeOf(err) == wire.CodeRefused {
		return cli.Wrong(err, "`parley id workers` shows every number")
	}
	return cli.Failed(err, "start one with `parley idworker`, or everything with `parley up`")
}
