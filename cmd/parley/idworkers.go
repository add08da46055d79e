package main

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"parley/idworker/snowflake"
	"parley/internal/cli"
	"parley/internal/status"
	"parley/wire/idwire"
)

type idWorkersCmd struct {
	natsFlags
	jsonFlag
}

func (*idWorkersCmd) Help() string {
	return `Shows every worker number that was ever held, and every idworker process, with or without a number. UNTIL is the end of the time that the number's lease reserves: no other process issues IDs with an earlier time.

Examples:

    parley id workers
    parley id workers --json`
}

// workersJSON is what --json prints.
type workersJSON struct {
	// BrokerTime is the broker's clock, which decides whether a lease has ended.
	BrokerTime time.Time              `json:"broker_time"`
	Leases     []status.Lease         `json:"leases"`
	Processes  []idwire.IDWorkerState `json:"processes"`
}

func (c *idWorkersCmd) Run(ctx context.Context, a *cli.App) error {
	client, closeAll, err := c.idClient(ctx)
	if err != nil {
		return err
	}
	defer closeAll()
	table, err := client.Leases(ctx)
	if err != nil {
		return noIDWorker(err)
	}
	processes, err := client.Workers(ctx)
	if err != nil {
		return noIDWorker(err)
	}
	w := workersJSON{BrokerTime: time.UnixMilli(table.BrokerTime).UTC(), Leases: []status.Lease{}, Processes: append([]idwire.IDWorkerState{}, processes...)}
	for _, l := range table.Leases {
		w.Leases = append(w.Leases, status.NewLease(l, table.BrokerTime))
	}
	slices.SortFunc(w.Processes, byWorker)
	a.Show(w, w.print)
	return nil
}

// byWorker orders processes by number, those without one last.
func byWorker(a, b idwire.IDWorkerState) int {
	number := func(s idwire.IDWorkerState) int {
		if s.Worker == nil {
			return snowflake.MaxWorker + 1
		}
		return *s.Worker
	}
	return cmp.Or(cmp.Compare(number(a), number(b)), cmp.Compare(a.Holder, b.Holder))
}

func (w *workersJSON) print(a *cli.App) {
	if len(w.Leases) == 0 {
		a.Printf("No worker number was ever held.\n")
	} else {
		rows := [][]string{{">WORKER", "STATE", "UNTIL", "HOLDER"}}
		for _, l := range w.Leases {
			rows = append(rows, []string{strconv.Itoa(l.Worker), l.StateText(), l.UntilAt.Format("2006-01-02 15:04:05.000Z"), l.Holder})
		}
		a.Table(rows)
	}
	a.Printf("\n")
	if len(w.Processes) == 0 {
		a.Printf("No idworker is running: start one with `parley idworker`.\n")
		return
	}
	rows := [][]string{{"PROCESS", "STATE", ">WORKER", ">ISSUED", ">CLOCK", "REASON"}}
	for _, p := range w.Processes {
		number := "-"
		if p.Worker != nil {
			number = strconv.Itoa(*p.Worker)
		}
		rows = append(rows, []string{p.Holder, string(p.State), number, strconv.FormatUint(p.Issued, 10), (time.Duration(p.ClockMS) * time.Millisecond).String(), cli.Printable(p.Reason)})
	}
	a.Table(rows)
}
