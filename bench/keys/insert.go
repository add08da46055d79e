package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/bench/internal/machine"
)

// rowEvery is the time between two rows, by a clock of their own, so that
// keys do not depend on how fast the machine is: 10,000 rows a second.
const rowEvery = 100 * time.Microsecond

// firstRow is when the clock of the rows starts.
func firstRow() time.Time { return time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC) }

// rowTime is when the i-th row is written.
func rowTime(i int) time.Time { return firstRow().Add(time.Duration(i) * rowEvery) }

// spent is the cost of inserted rows.
type spent struct {
	// Time is elapsed time, CPU processor time.
	Time, CPU time.Duration
	// Logged is how many pages were appended to the log.
	Logged int
	IO     machine.IO
}

// grow inserts rows, batch of them in each commit. The keys and rows are made
// before the clock starts.
func (t *table) grow(ctx context.Context, n, batch int) error {
	io := machine.ReadIO()
	defer func() { t.IO = t.IO.Add(machine.ReadIO().Since(io)) }()
	for n > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows := t.make(min(n, batch))
		n -= len(rows)
		cpu, start := machine.Used(), time.Now()
		// A batch that was begun is not cut off.
		if err := t.write(context.WithoutCancel(ctx), rows); err != nil {
			return fmt.Errorf("inserting into %s after %d rows: %w", t.path, t.rows, err)
		}
		t.Time += time.Since(start)
		t.CPU += machine.Used() - cpu
	}
	return nil
}

// row is the arguments of one insert.
type row [3]any

func (t *table) make(n int) []row {
	rows := make([]row, n)
	for i := range rows {
		now := rowTime(t.rows)
		body := make([]byte, bodyBytes)
		for j := range body {
			body[j] = byte(t.random.Uint32())
		}
		rows[i] = row{t.keys.key(now), now.UnixMilli(), body}
		t.remember(rows[i][0])
		t.rows++
	}
	return rows
}

// remember keeps a sample of the keys in which each is as likely.
func (t *table) remember(key any) {
	if len(t.sample) < samples {
		t.sample = append(t.sample, key)
	} else if i := t.random.IntN(t.rows + 1); i < samples {
		t.sample[i] = key
	}
}

// write commits rows, and copies the log back when it is long enough.
func (t *table) write(ctx context.Context, rows []row) error {
	tx, err := t.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	insert := tx.StmtContext(ctx, t.insert)
	for _, r := range rows {
		if _, err := insert.ExecContext(ctx, r[:]...); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	frames, err := t.checkpoint(ctx, "NOOP")
	if err != nil {
		return err
	}
	t.Logged += frames - t.frames
	t.frames = frames
	if frames < t.most {
		return nil
	}
	// The log is used again from its start, as SQLite's own checkpoints do.
	_, err = t.checkpoint(ctx, "PASSIVE")
	t.frames = 0
	return err
}

// checkpoint runs one of SQLite's and returns how many pages the log holds.
func (t *table) checkpoint(ctx context.Context, mode string) (frames int, err error) {
	var busy, done int
	if err := t.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &frames, &done); err != nil {
		return 0, err
	}
	if busy != 0 || mode == "PASSIVE" && done != frames {
		return 0, fmt.Errorf("the checkpoint %s was blocked by another connection", mode)
	}
	return frames, nil
}

// finish copies back the rest of the log: a table has not been written before
// its pages are where they belong.
func (t *table) finish(ctx context.Context) error {
	io, cpu, start := machine.ReadIO(), machine.Used(), time.Now()
	if _, err := t.checkpoint(ctx, "TRUNCATE"); err != nil {
		return fmt.Errorf("copying the log of %s back: %w", t.path, err)
	}
	t.frames = 0
	t.Time += time.Since(start)
	t.CPU += machine.Used() - cpu
	t.IO = t.IO.Add(machine.ReadIO().Since(io))
	return nil
}

func (s spent) minus(before spent) spent {
	return spent{Time: s.Time - before.Time, CPU: s.CPU - before.CPU, Logged: s.Logged - before.Logged, IO: s.IO.Since(before.IO)}
}

func (s spent) plus(more spent) spent {
	return spent{Time: s.Time + more.Time, CPU: s.CPU + more.CPU, Logged: s.Logged + more.Logged, IO: s.IO.Add(more.IO)}
}
