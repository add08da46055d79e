package participants

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"parley/participants/driver"
)

const (
	// collectBatch bounds the rows that are read and removed in one transaction: about
	// 3 ms of the committer's time.
	collectBatch = 500
	// collectPause is between two batches while there are rows to remove:
	// 10,000 rows a second are more than are added in the long run.
	collectPause = 50 * time.Millisecond
	// collectEvery is the pause between two passes. Nothing depends on it.
	collectEvery = time.Minute
)

// collector removes finished branches, and with them the keys they held, when the
// journal was open for the window since they finished: a count that no wall clock
// changes, see [openTime]. Their deadlines must be past too. In the transaction
// that removes them the greatest of their deadlines becomes the journal's mark: at
// or below it prepares are refused, so that a clock that steps back cannot make a
// collected branch be prepared again, and an unknown branch counts as collected; above
// it an unknown branch was lost.
//
// It needs no index: the rows of one log are stored in the order of their ids, which is
// approximately that of time. So it begins at the start of each log and goes to the next
// log at the first batch in which all finished rows are too young.
type collector struct {
	s *service
	// now is the wall clock and opened the journal's open time, fakes in tests.
	now    func() time.Time
	opened func() int64
}

func newCollector(s *service) *collector {
	return &collector{s: s, now: s.clock.Now, opened: s.journal.opened.now}
}

// limits are exclusive upper bounds of a branch to collect: of its open time and its deadline.
type limits struct{ finished, decideBy int64 }

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

// pass processes every log once.
func (g *collector) pass(ctx context.Context) error {
	logs, err := g.logs(ctx)
	if err != nil {
		return err
	}
	if err := g.s.upkeep(ctx, func(j *journal, c driver.Conn) error { return j.keepOpenTime(c) }, nil); err != nil {
		return err
	}
	cutoff := limits{g.opened() - g.s.cfg.Window.Milliseconds(), g.now().UnixMilli()}
	collected := g.s.counts.collected.Load()
	defer func() {
		if n := g.s.counts.collected.Load() - collected; n > 0 {
			g.s.cfg.Log.Info("collected finished branches", "branches", n, "finished_before", time.Duration(cutoff.finished)*time.Millisecond)
		}
	}()
	for from := int64(0); ; {
		b, err := g.look(ctx, from, cutoff.finished)
		if err != nil {
			return err
		}
		if b.rows == 0 {
			return g.dropLogs(ctx, logs)
		}
		delete(logs, b.last>>nBits)
		from = b.last + 1
		if b.ageless {
			if err := g.age(ctx, b); err != nil {
				return err
			}
		}
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

// logs returns the numbers of all logs.
func (g *collector) logs(ctx context.Context) (map[int64]bool, error) {
	logs := make(map[int64]bool)
	err := g.s.journal.db.Rows(ctx, g.s.journal.sql.Logs, func(row driver.Scanner) error {
		var number int64
		err := row.Scan(&number, new(string))
		logs[number] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the logs: %w", err)
	}
	return logs, nil
}

// batch is a range of rows of one log.
type batch struct {
	first, last int64
	rows, old   int
	// young reports that a row was finished after the cutoff, ageless that one has no open time.
	young, ageless bool
}

func (g *collector) look(ctx context.Context, from, cutoff int64) (b batch, err error) {
	err = g.s.journal.db.Rows(ctx, g.s.journal.sql.Span, func(row driver.Scanner) error {
		var id, state, finished int64
		if err := row.Scan(&id, &state, &finished); err != nil {
			return err
		}
		if b.rows == 0 {
			b.first = id
		} else if id>>nBits != b.first>>nBits {
			return nil // of the next log
		}
		b.last = id
		b.rows++
		switch {
		case state == storedPrepared:
		case finished < 0:
			b.ageless = true
		case finished < cutoff:
			b.old++
		default:
			b.young = true
		}
		return nil
	}, from, collectBatch)
	if err != nil {
		return b, fmt.Errorf("looking for finished branches: %w", err)
	}
	return b, nil
}

// age sets the current open time of finished rows that have none.
func (g *collector) age(ctx context.Context, b batch) error {
	err := g.s.upkeep(ctx, func(j *journal, c driver.Conn) error {
		_, err := c.Exec(j.sql.Age, g.opened(), b.first, b.last)
		return err
	}, nil)
	if err != nil {
		return fmt.Errorf("noting when branches finished: %w", err)
	}
	return nil
}

func (g *collector) remove(ctx context.Context, b batch, below limits) error {
	var removed, mark int64
	err := g.s.upkeep(ctx, func(j *journal, c driver.Conn) (err error) {
		which := []any{b.first, b.last, below.finished - 1, below.decideBy}
		greatest, err := driver.One(c, j.sql.Greatest, which...)
		if err != nil || greatest == nil {
			return err
		}
		latest, _ := greatest.(int64)
		mark = max(j.mark, latest)
		if _, err := c.Exec(j.sql.PutMeta, metaMark, strconv.FormatInt(mark, 10)); err != nil {
			return err
		}
		removed, err = c.Exec(j.sql.Collect, which...)
		return err
	}, func(j *journal) { j.mark = max(j.mark, mark) })
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

// dropLogs removes logs that had no branches in a whole pass and still have none.
func (g *collector) dropLogs(ctx context.Context, logs map[int64]bool) error {
	for numbers := range slices.Chunk(slices.Collect(maps.Keys(logs)), collectBatch) {
		err := g.s.upkeep(ctx, func(j *journal, c driver.Conn) error {
			for _, number := range numbers {
				if _, err := c.Exec(j.sql.DropLog, number); err != nil {
					return err
				}
			}
			return j.logs.load(c, j.sql)
		}, nil)
		if err != nil {
			return fmt.Errorf("forgetting logs without branches: %w", err)
		}
	}
	return nil
}
