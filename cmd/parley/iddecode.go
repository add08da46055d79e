package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"parley/idworker/snowflake"
	"parley/internal/cli"
)

type idDecodeCmd struct {
	jsonFlag
	IDs []string `arg:"" name:"id" help:"IDs, in digits or in the short form."`
}

func (*idDecodeCmd) Help() string {
	return `Works without NATS: an ID contains all that is shown. The time is that of the worker's range, to the millisecond; it can be slightly ahead of or behind the clock, see docs/DESIGN.md. An ID with a time in the future is shown and refused with exit code 2, since no worker can have issued it.

Examples:

    parley id decode 3676849029120000
    parley id decode 0037kxn6c000 --json`
}

// read parses every ID.
func (c *idDecodeCmd) read() ([]snowflake.ID, error) {
	ids := make([]snowflake.ID, len(c.IDs))
	for i, s := range c.IDs {
		var err error
		if ids[i], err = readID(s); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func (c *idDecodeCmd) Validate() error {
	_, err := c.read()
	return err
}

func (c *idDecodeCmd) Run(_ context.Context, a *cli.App) error {
	ids, err := c.read()
	if err != nil {
		return cli.Wrong(err, "")
	}
	now, parts := time.Now(), []idJSON{}
	rows := [][]string{{"ID", "SHORT", "TIME", ">WORKER", ">SEQUENCE"}}
	var future *idJSON
	for _, id := range ids {
		p := decodeID(id, now)
		parts = append(parts, p)
		rows = append(rows, []string{id.String(), p.Short, p.Time.Format("2006-01-02 15:04:05.000Z"), strconv.Itoa(p.Worker), strconv.Itoa(p.Sequence)})
		if p.Future && future == nil {
			future = &p
		}
	}
	if a.JSON {
		a.PrintJSON(map[string]any{"ids": parts})
	} else {
		a.Table(rows)
	}
	if future == nil {
		return nil
	}
	err = fmt.Errorf("id %s is from the future: its time is %s, this machine's clock shows %s, so no worker can have issued it",
		future.ID, future.Time.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	if a.JSON {
		return cli.Ended(cli.ExitWrong)
	}
	return cli.Wrong(err, "check the number of digits, or set this machine's clock")
}
