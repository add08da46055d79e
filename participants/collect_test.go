package participants_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parley/participants/sqlite"

	"parley/participants"
	"parley/wire"
	"parley/wire/txwire"
)

// nothing is a resource without anything at stake.
type nothing struct{}

func (nothing) Migrate(context.Context, *sqlite.Tx) error { return nil }
func (nothing) Prepare(context.Context, *sqlite.Tx, participants.Branch) (json.RawMessage, error) {
	return nil, nil
}
func (nothing) Commit(context.Context, *sqlite.Tx, participants.Branch) error { return nil }
func (nothing) Abort(context.Context, *sqlite.Tx, participants.Branch) error  { return nil }

func TestCollect(t *testing.T) {
	type reply struct {
		id   txwire.ID
		vote *txwire.Vote
		ack  *txwire.Ack
	}
	replies := make(chan reply, 4096)
	h := participants.NewHarness(t, config{participants.Config{Name: "c"}, filepath.Join(t.TempDir(), "journal.db")}, nothing{},
		func(id txwire.ID, v *txwire.Vote, a *txwire.Ack) { replies <- reply{id, v, a} })
	const oldLog, otherLog, stuckLog = "oldlogoldlogold2", "otherlogotherlo2", "stucklogstucklo2"
	deadline := time.Now().Add(time.Minute).UnixMilli()
	id := func(log string, n int) txwire.ID { return txwire.ID{Log: log, N: uint64(n)} }
	prepare := func(id txwire.ID) reply {
		h.Prepare(id, txwire.Prepare{
			V: wire.Version, Key: "key-" + id.String(), Digest: "0123456789abcdef0123456789abcdef",
			DecideBy: deadline, OpenSeq: 1, Payload: json.RawMessage("{}"),
		})
		return <-replies
	}
	commit := func(id txwire.ID) reply {
		h.Commit(id, txwire.Commit{V: wire.Version, Journal: h.Journal(), DecideBy: deadline})
		return <-replies
	}
	pairs := func(log string, n int) {
		for i := range n {
			prepare(id(log, i+1))
			commit(id(log, i+1))
		}
	}
	pairs(oldLog, 30)
	prepare(id(oldLog, 31))
	pairs(otherLog, 20)
	prepare(id(stuckLog, 1))

	collect := func(now time.Time, want int) {
		t.Helper()
		before := h.Counts().Collected
		if err := h.Collect(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		if got := int(h.Counts().Collected - before); got != want {
			t.Errorf("%d rows were collected, want %d", got, want)
		}
	}
	collect(time.Now(), 0)
	collect(time.Now().Add(txwire.IdempotencyWindow-time.Minute), 0)
	later := time.Now().Add(txwire.IdempotencyWindow + time.Minute)
	collect(later, 50)
	collect(later, 0)

	// Prepared rows stay and can still be committed; keys are free again.
	if r := commit(id(oldLog, 31)); r.ack.Code != "" {
		t.Errorf("ack is %+v", r.ack)
	}
	if r := prepare(id(otherLog, 1)); r.vote == nil || r.vote.Code != wire.CodeLate {
		t.Errorf("a transaction that may have been collected is prepared again: %+v", r.vote)
	}
	deadline += 1
	if r := prepare(id(otherLog, 1)); r.vote == nil || !r.vote.Yes {
		t.Errorf("a log that was forgotten is not learned again: %+v", r.vote)
	}
	if r := commit(id(stuckLog, 1)); r.ack.Code != "" {
		t.Errorf("ack is %+v", r.ack)
	}
	collect(later, 2)
}

// No step of the clock shortens for how long a key is remembered, and what was
// collected is not prepared again by a clock that is set back.
func TestClockStepsForgetNothing(t *testing.T) {
	h, ask := journalOf(t, filepath.Join(t.TempDir(), "journal.db"))
	now := time.Now()
	ask.prepare(1, now.Add(time.Minute))
	ask.commit(1, now.Add(time.Minute))
	const day = 25 * time.Hour
	for range 3 {
		for _, clock := range []time.Time{now.Add(day), now.Add(-day), now.Add(365 * day)} {
			if err := h.CollectAt(t.Context(), clock, time.Minute); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := h.Counts().Collected; n != 0 {
		t.Errorf("%d branches were collected by a clock, want none", n)
	}
	if v := ask.prepareAs(2, 1, now.Add(2*time.Minute)); v.Code != wire.CodeDuplicate {
		t.Errorf("the key was forgotten: %+v", v)
	}
	// After the window it is collected; a repeated prepare is refused by any clock.
	if err := h.Collect(t.Context(), now.Add(day)); err != nil {
		t.Fatal(err)
	}
	if n := h.Counts().Collected; n != 1 {
		t.Errorf("%d branches were collected, want 1", n)
	}
	if v := ask.prepare(1, now.Add(time.Minute)); v.Yes || v.Code != wire.CodeLate {
		t.Errorf("a branch that was collected is prepared again: %+v", v)
	}
	if a := ask.commit(1, now.Add(time.Minute)); a.Code != wire.CodeForgotten {
		t.Errorf("a commit of a branch that was collected is acknowledged with %+v, want %s", a, wire.CodeForgotten)
	}
	if n := h.Counts().Forgotten; n != 1 {
		t.Errorf("%d commits were counted as forgotten, want 1", n)
	}
}

// A commit of a branch that a restored journal does not have is a violation, and
// not forgotten, whatever the clock shows: the branch was lost.
func TestRestoredJournalForgetsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	long := time.Now().Add(-48 * time.Hour) // by the clock it is long past the window
	h, ask := journalOf(t, path)
	ask.prepare(1, time.Now().Add(time.Minute))
	ask.commit(1, time.Now().Add(time.Minute))
	h.Close()
	backup, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h, ask = journalOf(t, path)
	lost := time.Now().Add(time.Minute)
	if v := ask.prepare(2, lost); !v.Yes {
		t.Fatalf("vote is %+v", v)
	}
	h.Close()
	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	h, ask = journalOf(t, path)
	for _, decideBy := range []time.Time{lost, long} {
		if a := ask.commit(2, decideBy); a.Code != wire.CodeViolation {
			t.Errorf("a commit of a lost branch is acknowledged with %+v, want %s", a, wire.CodeViolation)
		}
	}
	if n := h.Counts().Violations; n != 2 {
		t.Errorf("%d violations were counted, want 2", n)
	}
}

// A journal of a build without open times is read; its rows age from now on.
func TestRowsWithoutOpenTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	h, ask := journalOf(t, path)
	now := time.Now()
	ask.prepare(1, now.Add(time.Minute))
	ask.commit(1, now.Add(time.Minute))
	h.Close()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"ALTER TABLE branches DROP COLUMN finished", "DELETE FROM meta WHERE name IN ('opened','mark')"} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	h, ask = journalOf(t, path)
	if v := ask.prepareAs(2, 1, now.Add(2*time.Minute)); v.Code != wire.CodeDuplicate {
		t.Errorf("the key of an older build is not known: %+v", v)
	}
	for _, longer := range []time.Duration{0, 23 * time.Hour} {
		if err := h.CollectAt(t.Context(), now.Add(48*time.Hour), longer); err != nil {
			t.Fatal(err)
		}
	}
	if n := h.Counts().Collected; n != 0 {
		t.Errorf("%d branches were collected before the window, want none", n)
	}
	if err := h.CollectAt(t.Context(), now.Add(72*time.Hour), 48*time.Hour); err != nil {
		t.Fatal(err)
	}
	if n := h.Counts().Collected; n != 1 {
		t.Errorf("%d branches were collected after the window, want 1", n)
	}
}

// asker sends messages to a journal, one at a time.
type asker struct {
	h     *participants.Harness
	votes chan txwire.Vote
	acks  chan txwire.Ack
}

func journalOf(t *testing.T, path string) (*participants.Harness, *asker) {
	a := &asker{votes: make(chan txwire.Vote, 16), acks: make(chan txwire.Ack, 16)}
	a.h = participants.NewHarness(t, config{participants.Config{Name: "c"}, path}, nothing{}, func(_ txwire.ID, v *txwire.Vote, k *txwire.Ack) {
		if v != nil {
			a.votes <- *v
		}
		if k != nil {
			a.acks <- *k
		}
	})
	return a.h, a
}

func (a *asker) prepare(n int, decideBy time.Time) txwire.Vote { return a.prepareAs(n, n, decideBy) }

// prepareAs prepares transaction n with the key of another.
func (a *asker) prepareAs(n, key int, decideBy time.Time) txwire.Vote {
	a.h.Prepare(txwire.ID{Log: "oldlogoldlogold2", N: uint64(n)}, txwire.Prepare{
		V: wire.Version, Key: fmt.Sprint("key-", key), Digest: "0123456789abcdef0123456789abcdef",
		DecideBy: decideBy.UnixMilli(), OpenSeq: 1, Payload: json.RawMessage("{}"),
	})
	return <-a.votes
}

func (a *asker) commit(n int, decideBy time.Time) txwire.Ack {
	a.h.Commit(txwire.ID{Log: "oldlogoldlogold2", N: uint64(n)}, txwire.Commit{V: wire.Version, Journal: a.h.Journal(), DecideBy: decideBy.UnixMilli()})
	return <-a.acks
}
