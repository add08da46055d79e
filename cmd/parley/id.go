package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"parley/idworker/idclient"
	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"
)

// idCmd groups the commands about unique IDs.
type idCmd struct {
	Next    idNextCmd    `cmd:"" help:"Get new IDs."`
	Decode  idDecodeCmd  `cmd:"" help:"Decode IDs: the time, the worker, the sequence in that millisecond."`
	Workers idWorkersCmd `cmd:"" help:"Show which process holds which worker number, and until when."`
	Retire  idRetireCmd  `cmd:"" help:"Retire a worker number whose lease a far-future clock has written."`
}

// idJSON is a decoded ID, as --json prints it.
type idJSON struct {
	ID    snowflake.ID `json:"id"`
	Short string       `json:"short"`
	Time  time.Time    `json:"time"`
	// Timestamp is in milliseconds since the epoch of IDs, 2026-01-01.
	Timestamp int64 `json:"timestamp"`
	Worker    int   `json:"worker"`
	Sequence  int   `json:"sequence"`
	// Future reports that this machine's clock has not reached the ID's time.
	Future bool `json:"future,omitempty"`
}

// futureSlack is how far ahead of this machine's clock an ID may be: a worker
// reserves timestamps ten seconds ahead, and clocks differ.
const futureSlack = time.Minute

func decodeID(id snowflake.ID, now time.Time) idJSON {
	return idJSON{
		ID: id, Short: id.Short(), Time: id.Time(), Timestamp: id.Timestamp(), Worker: id.Worker(), Sequence: id.Sequence(),
		Future: id.Time().After(now.Add(futureSlack)),
	}
}

// readID parses an ID in either form, decimal digits or the short form.
func readID(s string) (snowflake.ID, error) {
	if len(s) == snowflake.ShortLen && strings.Trim(s, "0123456789") != "" {
		return snowflake.ParseShort(s)
	}
	return snowflake.ParseID(s)
}

// idClient opens a connection with an ID client on it; the returned function closes both.
func (f natsFlags) idClient(ctx context.Context) (*idclient.Client, func(), error) {
	nc, err := f.connect(ctx, "id")
	if err != nil {
		return nil, nil, err
	}
	c, err := idclient.New(nc, idclient.Config{})
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	return c, func() { c.Close(); nc.Close() }, nil
}

func checkCount(n int) error {
	if n < 1 || n > idwire.MaxIDs {
		return fmt.Errorf("-n is %d, allowed is 1 to %d", n, idwire.MaxIDs)
	}
	return nil
}

func checkWorker(n int) error {
	if _, err := wire.Check(idwire.RetireRequest{V: wire.Version, Worker: n}); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "retire request: "))
	}
	return nil
}
