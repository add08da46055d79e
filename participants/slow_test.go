package participants

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"parley/participants/sqlite"
)

// slow is a resource for which every call takes a time of a clock that the test
// reads.
type slow struct {
	nothingAtAll
	clock *time.Time
	takes time.Duration
}

type nothingAtAll struct{}

func (nothingAtAll) Migrate(context.Context, *sqlite.Tx) error { return nil }

func (s slow) Prepare(context.Context, *sqlite.Tx, Branch) (json.RawMessage, error) {
	return nil, s.call()
}
func (s slow) Commit(context.Context, *sqlite.Tx, Branch) error { return s.call() }
func (s slow) Abort(context.Context, *sqlite.Tx, Branch) error  { return s.call() }

func (s slow) call() error {
	*s.clock = s.clock.Add(s.takes)
	return nil
}

// A group is answered when it has run for its time, not when everything that
// waits is done, and neither prepares nor outcomes wait for all of the others.
func TestGroupsEndAtTheirTime(t *testing.T) {
	for name, c := range map[string]struct {
		takes time.Duration
		each  int // in one group
	}{
		"slow":     {takes: 300 * time.Millisecond, each: 1},
		"sluggish": {takes: 10 * time.Millisecond, each: 3},
		"quick":    {takes: time.Microsecond, each: 40},
	} {
		t.Run(name, func(t *testing.T) {
			clock := time.Now()
			b := newBenchOf(t, false, slow{clock: &clock}, slog.New(slog.DiscardHandler))
			outcomes := b.commits(20)
			b.k.resource = untyped[*sqlite.Tx]{sqlite.Database{}, slow{clock: &clock, takes: c.takes}}
			b.k.now = func() time.Time { return clock }
			for i := range 20 {
				b.s.queue.put(b.prepare())
				b.s.queue.put(outcomes[i])
			}
			timer := time.NewTimer(time.Hour)
			defer timer.Stop()
			var prepares, commits int
			for left := 40; left > 0; {
				group := b.s.queue.take(timer)
				began := clock
				b.k.do(t.Context(), group)
				done := <-b.s.durable
				if len(done) != min(c.each, left) {
					t.Fatalf("%d were answered after %v, want %d", len(done), clock.Sub(began), min(c.each, left))
				}
				for _, o := range done {
					if o.urgent() {
						prepares++
					} else {
						commits++
					}
				}
				if d := prepares - commits; d > c.each || -d > c.each {
					t.Errorf("%d prepares and %d commits are done", prepares, commits)
				}
				if left -= len(done); b.s.queue.len() != left {
					t.Fatalf("%d wait, want %d", b.s.queue.len(), left)
				}
			}
		})
	}
}
