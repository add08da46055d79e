package participants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"parley/participants/sqlite"

	"parley/participants/driver"

	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"
)

// faulty is a journal whose statements fail as requested.
type faulty struct {
	driver.Journal
	// plans are used up in order, one for each execution of the statement.
	plans map[string][]fault
	// store makes the faults those of the database as a whole.
	store      bool
	noConnects int
	// connects and reloads count new connections, and how often all prepared
	// branches were read.
	connects, reloads int
	lost              bool
}

type fault struct {
	err error
	// after: the statement is executed all the same.
	after bool
	// lost: the transaction ends with it.
	lost bool
}

var errFault = errors.New("an injected fault")

func (f *faulty) Connect(ctx context.Context) (driver.Conn, error) {
	if f.noConnects > 0 {
		f.noConnects--
		return nil, errFault
	}
	f.connects++
	c, err := f.Journal.Connect(ctx)
	return &faultyConn{c, f}, err
}

func (f *faulty) Failed(err error) bool {
	return f.store && errors.Is(err, errFault) || f.Journal.Failed(err)
}

func (f *faulty) Version(c driver.Conn) (int, error) { return f.Journal.Version(c.(*faultyConn).Conn) }
func (f *faulty) Tend(c driver.Conn) error           { return f.Journal.Tend(c.(*faultyConn).Conn) }

func (f *faulty) Finish(c driver.Conn) error {
	if c == nil {
		return f.Journal.Finish(nil)
	}
	return f.Journal.Finish(c.(*faultyConn).Conn)
}

// run executes a statement as planned.
func (f *faulty) run(query string, exec func() error) error {
	var now fault
	if plan := f.plans[query]; len(plan) > 0 {
		now, f.plans[query] = plan[0], plan[1:]
	}
	if now.err == nil || now.after {
		if err := exec(); err != nil {
			return err
		}
	}
	f.lost = f.lost || now.lost
	return now.err
}

// exec is [faulty.run] for a statement of a resource.
func (f *faulty) exec(ctx context.Context, tx *sqlite.Tx, query string, args ...any) error {
	return f.run(query, func() error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}

type faultyConn struct {
	driver.Conn
	f *faulty
}

func (c *faultyConn) Lost() bool    { return c.f.lost || c.Conn.Lost() }
func (c *faultyConn) Commit() error { return c.f.run("COMMIT", c.Conn.Commit) }

func (c *faultyConn) Begin() error {
	c.f.lost = false
	return c.f.run("BEGIN", c.Conn.Begin)
}

func (c *faultyConn) Exec(query string, args ...any) (n int64, err error) {
	err = c.f.run(query, func() (err error) {
		n, err = c.Conn.Exec(query, args...)
		return err
	})
	return n, err
}

func (c *faultyConn) Rows(query string, fn func(driver.Scanner) error, args ...any) error {
	if query == c.f.SQL().Prepared {
		c.f.reloads++
	}
	return c.Conn.Rows(query, fn, args...)
}

// tally counts prepares in the database.
type tally struct{ f *faulty }

func (*tally) Migrate(ctx context.Context, tx *sqlite.Tx) error {
	_, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS tally (n INTEGER PRIMARY KEY)")
	return err
}

func (t *tally) Prepare(ctx context.Context, tx *sqlite.Tx, b Branch) (json.RawMessage, error) {
	return nil, t.f.exec(ctx, tx, "INSERT INTO tally VALUES (NULL)")
}

func (*tally) Commit(ctx context.Context, tx *sqlite.Tx, b Branch) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO tally SELECT max(n)+1000 FROM tally")
	return err
}
func (*tally) Abort(context.Context, *sqlite.Tx, Branch) error { return nil }

// bench is a committer that a test calls directly.
type bench struct {
	t *testing.T
	f *faulty
	s *service
	k *committer
	n uint64
}

func newBench(t *testing.T, store bool) *bench { return newBenchOf(t, store, &tally{}, nil) }

func newBenchOf(t *testing.T, store bool, r Resource[*sqlite.Tx], log *slog.Logger) *bench {
	t.Helper()
	p, err := JournalConfig{Config{Name: "bench", Log: log}, filepath.Join(t.TempDir(), "journal.db")}.role(r)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, f: &faulty{Journal: p.db, store: store, plans: make(map[string][]fault)}}
	switch r := r.(type) {
	case *tally:
		r.f = b.f
	case *moody:
		r.f = b.f
	}
	p.db = b.f
	if b.s, err = p.open(t.Context(), streams.Info{Incarnation: "test"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.s.journal.close() })
	b.k = b.s.committer()
	still := time.Now() // on a busy machine a group would end at its time
	b.k.now = func() time.Time { return still }
	// The log gets its number here and not under the faults.
	b.do(b.prepare())
	return b
}

func (b *bench) prepare() *op {
	b.n++
	return newPrepare(txwire.ID{Log: "testlogtestloga2", N: b.n}, txwire.Prepare{
		V: wire.Version, Key: benchKey(b.n), Digest: "0123456789abcdef0123456789abcdef",
		DecideBy: time.Now().Add(time.Hour).UnixMilli(), OpenSeq: 1, Payload: json.RawMessage("{}"),
	})
}

// commit is the outcome of a branch that was prepared.
func (b *bench) commit(id txwire.ID) *op {
	return newCommit(id, txwire.Commit{V: wire.Version, Journal: b.s.journal.id, DecideBy: time.Now().Add(time.Hour).UnixMilli()})
}

// commits prepares n branches and returns their outcomes.
func (b *bench) commits(n int) (ops []*op) {
	b.t.Helper()
	var prepares []*op
	for range n {
		prepares = append(prepares, b.prepare())
	}
	if answered, failed := b.do(prepares...); answered != n || failed {
		b.t.Fatalf("%d of %d were prepared", answered, n)
	}
	for _, o := range prepares {
		ops = append(ops, b.commit(o.id))
	}
	return ops
}

// retry attempts the next branch that is due at that time.
func (b *bench) retry(at time.Time) (o *op) {
	b.t.Helper()
	failed := b.s.failing.due(at)
	if failed == nil {
		return nil
	}
	o = newRetry(failed)
	b.do(o)
	<-o.done
	return o
}

func benchID(n uint64) txwire.ID { return txwire.ID{Log: "testlogtestloga2", N: n} }

// benchKey is the key of the nth branch.
func benchKey(n uint64) string {
	if n < 20 {
		return string(rune('a' + n))
	}
	return fmt.Sprintf("key-%d", n)
}

// do runs one group and returns how many of its ops were answered.
func (b *bench) do(ops ...*op) (answered int, failed bool) {
	failed = b.k.do(b.t.Context(), ops)
	for {
		select {
		case group := <-b.s.durable:
			for _, o := range group {
				if o.step.Vote != nil && !o.step.Vote.Yes {
					b.t.Errorf("vote is %+v", o.step.Vote)
				}
			}
			answered += len(group)
		default:
			return answered, failed
		}
	}
}

func (b *bench) rows(want int) {
	b.t.Helper()
	var tally, branches int
	if err := b.s.journal.db.Rows(b.t.Context(), "SELECT (SELECT count(*) FROM tally), (SELECT count(*) FROM branches)",
		func(row driver.Scanner) error { return row.Scan(&tally, &branches) }); err != nil {
		b.t.Fatal(err)
	}
	if tally != want || branches != want || b.s.doubts.len() != want {
		b.t.Errorf("%d in the tally, %d branches, %d remembered, want %d", tally, branches, b.s.doubts.len(), want)
	}
}

func TestCommitThatFailed(t *testing.T) {
	for name, c := range map[string]struct {
		store, after bool
		times        int
		// answered counts immediate answers, durable durable branches.
		answered, durable int
	}{
		"lost, known by rereading":    {times: 1, answered: 3, durable: 3},
		"durable, known by rereading": {times: 1, after: true, answered: 3, durable: 3},
		"database failed, lost":       {store: true, times: 1},
		"database failed, durable":    {store: true, after: true, times: 1, durable: 3},
		"again and again":             {times: 100},
		"one durable of each":         {times: 100, after: true, durable: 3},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.store)
			for range c.times {
				b.f.plans["COMMIT"] = append(b.f.plans["COMMIT"], fault{err: errFault, after: c.after})
			}
			ops := []*op{b.prepare(), b.prepare(), b.prepare()}
			answered, failed := b.do(ops...)
			if answered != c.answered || failed != c.store {
				t.Errorf("%d were answered (database failed: %v), want %d (%v)", answered, failed, c.answered, c.store)
			}
			b.f.plans["COMMIT"] = nil
			// The messages are sent again.
			if answered, failed := b.do(ops...); answered != 3 || failed {
				t.Errorf("%d were answered the second time, want 3", answered)
			}
			b.rows(1 + 3)
		})
	}
}

func TestBranchDurableBehindAFailureIsRemembered(t *testing.T) {
	b := newBench(t, true)
	b.f.plans["COMMIT"] = []fault{{err: errFault, after: true}}
	b.do(b.prepare())
	// Its prepare is not sent again; another message shows that the journal works.
	b.do(b.prepare())
	b.rows(3)
}

// Two outcomes of a branch are in a group that is undone, and then the database is
// unavailable: the branch is prepared as before, with further inquiries about it.
func TestBranchOfAGroupThatWasUndoneIsRemembered(t *testing.T) {
	b := newBench(t, true)
	abort := func() *op {
		id := txwire.ID{Log: "testlogtestloga2", N: 1}
		return newAbort(id, txwire.Abort{V: wire.Version, Journal: b.s.journal.id, Key: "b", Digest: "0123456789abcdef0123456789abcdef", DecideBy: 1})
	}
	b.f.plans["INSERT INTO tally VALUES (NULL)"] = []fault{{err: errFault}}
	b.f.plans["BEGIN"] = []fault{{}, {err: errFault}, {err: errFault}}
	b.do(abort(), abort(), b.prepare())
	b.f.plans = map[string][]fault{}
	// Neither is sent again; another message shows that the journal works.
	b.do(b.prepare())
	b.rows(2)
}

func TestLocalWriteIsNeverDoneTwice(t *testing.T) {
	b := newBench(t, false)
	b.f.plans["COMMIT"] = []fault{{err: errFault, after: true}}
	local := newLocal(func(ctx context.Context, tx any) error {
		_, err := tx.(*sqlite.Tx).ExecContext(ctx, "INSERT INTO tally VALUES (1000)")
		return err
	})
	if answered, _ := b.do(b.prepare(), local); answered != 1 {
		t.Errorf("%d were answered, want the prepare", answered)
	}
	if err := <-local.done; !errors.Is(err, ErrUnknown) {
		t.Errorf("the write ended with %v, want %v", err, ErrUnknown)
	}
}

func TestDatabaseOutOfReach(t *testing.T) {
	b := newBench(t, true)
	b.f.plans["BEGIN"] = []fault{{err: errFault}}
	b.f.noConnects = 2
	o := b.prepare()
	local := newLocal(func(context.Context, any) error { return nil })
	for range 3 {
		if answered, failed := b.do(o); answered != 0 || !failed {
			t.Errorf("%d were answered, failed is %v", answered, failed)
		}
	}
	b.f.noConnects = 1
	_ = b.s.journal.discard()
	b.do(local)
	if err := <-local.done; !errors.Is(err, errFault) {
		t.Errorf("the write ended with %v", err)
	}
	if answered, failed := b.do(o); answered != 1 || failed {
		t.Errorf("%d were answered, failed is %v", answered, failed)
	}
	b.rows(2)
}

func TestMemoryBehindTheJournal(t *testing.T) {
	b := newBench(t, true)
	id := txwire.ID{Log: "testlogtestloga2", N: 1}
	commit := func() *op {
		return newCommit(id, txwire.Commit{V: wire.Version, Journal: b.s.journal.id, DecideBy: time.Now().UnixMilli()})
	}
	b.f.plans["COMMIT"] = []fault{{err: errFault, after: true}}
	b.do(commit()) // durable, and not known to be
	if b.s.doubts.get(id) == nil {
		t.Fatal("the branch was forgotten before its outcome was known to be durable")
	}
	o := commit()
	if answered, _ := b.do(o); answered != 1 || o.step.Ack == nil || o.step.Ack.Code != "" {
		t.Errorf("the step is %+v", o.step)
	}
	if b.s.doubts.get(id) != nil {
		t.Error("the branch is still remembered as prepared")
	}
	var tally int
	if err := b.s.journal.db.Rows(b.t.Context(), "SELECT count(*) FROM tally", func(row driver.Scanner) error { return row.Scan(&tally) }); err != nil || tally != 2 {
		t.Errorf("the tally is %d, want one prepare and one commit: %v", tally, err)
	}
	abort := newAbort(id, txwire.Abort{V: wire.Version, Journal: b.s.journal.id, Key: "b", Digest: "0123456789abcdef0123456789abcdef", DecideBy: 1})
	b.do(abort)
	if abort.step.Violation == "" {
		t.Errorf("the step is %+v, want a violation", abort.step)
	}
}
