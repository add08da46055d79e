package participants

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	// collectBatch bounds the rows looked at and removed at once: about 3 ms
	// of the committer's time.
	collectBatch = 500
	// collectPause is between two batches while there are rows to remove:
	// 10,000 rows a second are more than are made in the long run.
	collectPause = 50 * time.Millisecond
	// collectEvery is between two looks at all logs. Nothing depends on it.
	collectEvery = time.Minute
)

// collector removes finished branches, and with them the keys they held, when
// they are older than the window. It needs no index: the rows of one log lie
// in the order of their ids, which is near enough that of time. So it begins
// at the start of each log and goes to the next log at the first batch in
// which everything finished is too young.
type collector struct {
	s *service
	// now is the clock, a fake one in tests.
	now func() time.Time
}

func (g *collector) run(ctx context.Context, every time.Duration) {
	timer := time.NewTimer(every)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if err := g.pass(ctx); err != nil && ctx.Err() == nil {
			g.s.cfg.Log.Warn("collecting finished branches failed; it will be tried again", "error", err)
		}
		timer.Reset(every)
	}
}

// pass looks at every log once.
func (g *collector) pass(ctx context.Context) error {
	logs, err := g.logs(ctx)
	if err != nil {
		return err
	}
	cutoff := g.now().Add(-g.s.cfg.Window).UnixMilli()
	for from := int64(0); ; {
		b, err := g.look(ctx, from, cutoff)
		if err != nil {
			return err
		}
		if b.rows == 0 {
			return g.dropLogs(ctx, logs)
		}
		delete(logs, b.last>>nBits)
		from = b.last + 1
		switch {
		case b.old > 0:
			if err := g.remove(ctx, b, cutoff); err != nil {
				return err
			}
		case b.young:
			from = (b.last>>nBits + 1) << nBits
		}
	}
}

// logs are the numbers of all logs.
func (g *collector) logs(ctx context.Context) (map[int64]bool, error) {
	rows, err := g.s.journal.reader.QueryContext(ctx, g.s.journal.sql.logs)
	if err != nil {
		return nil, fmt.Errorf("reading the logs: %w", err)
	}
	defer rows.Close()
	logs := make(map[int64]bool)
	for rows.Next() {
		var number int64
		var name string
		if err := rows.Scan(&number, &name); err != nil {
			return nil, fmt.Errorf("reading a log: %w", err)
		}
		logs[number] = true
	}
	return logs, rows.Err()
}

// batch is a stretch of rows of one log.
type batch struct {
	first, last int64
	rows, old   int
	// young: a row was finished after the cutoff.
	young bool
}

func (g *collector) look(ctx context.Context, from, cutoff int64) (b batch, err error) {
	rows, err := g.s.journal.reader.QueryContext(ctx, g.s.journal.sql.span, from, collectBatch)
	if err != nil {
		return b, fmt.Errorf("looking for finished branches: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, state, at int64
		if err := rows.Scan(&id, &state, &at); err != nil {
			return b, fmt.Errorf("reading a branch: %w", err)
		}
		if b.rows == 0 {
			b.first = id
		} else if id>>nBits != b.first>>nBits {
			break
		}
		b.last = id
		b.rows++
		switch {
		case state == storedPrepared:
		case at < cutoff:
			b.old++
		default:
			b.young = true
		}
	}
	return b, rows.Err()
}

func (g *collector) remove(ctx context.Context, b batch, cutoff int64) error {
	var removed int64
	err := g.s.upkeep(ctx, func(j *journal, c *conn) (err error) {
		removed, err = c.exec(j.sql.collect, b.first, b.last, cutoff)
		return err
	})
	if err != nil {
		return fmt.Errorf("removing finished branches: %w", err)
	}
	g.s.counts.collected.Add(uint64(removed))
	select {
	case <-ctx.Done():
	case <-time.After(collectPause):
	}
	return ctx.Err()
}

// dropLogs forgets the numbers of logs that had no branches in a whole pass,
// and still have none.
func (g *collector) dropLogs(ctx context.Context, logs map[int64]bool) error {
	for numbers := range slices.Chunk(slices.Collect(maps.Keys(logs)), collectBatch) {
		err := g.s.upkeep(ctx, func(j *journal, c *conn) error {
			for _, number := range numbers {
				if _, err := c.exec(j.sql.dropLog, number); err != nil {
					return err
				}
			}
			return j.logs.load(c, j.sql)
		})
		if err != nil {
			return fmt.Errorf("forgetting logs without branches: %w", err)
		}
	}
	return nil
}
