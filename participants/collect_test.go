package participants_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"parley/participants"
	"parley/wire"
)

// nothing is a resource without anything at stake.
type nothing struct{}

func (nothing) Migrate(context.Context, *participants.Tx) error { return nil }
func (nothing) Prepare(context.Context, *participants.Tx, participants.Branch) (json.RawMessage, error) {
	return nil, nil
}
func (nothing) Commit(context.Context, *participants.Tx, participants.Branch) error { return nil }
func (nothing) Abort(context.Context, *participants.Tx, participants.Branch) error  { return nil }

func TestCollect(t *testing.T) {
	type reply struct {
		id   wire.TxID
		vote *wire.Vote
		ack  *wire.Ack
	}
	replies := make(chan reply, 4096)
	h := participants.NewHarness(t, participants.Config{Name: "c", Path: filepath.Join(t.TempDir(), "journal.db")}, nothing{},
		func(id wire.TxID, v *wire.Vote, a *wire.Ack) { replies <- reply{id, v, a} })
	const oldLog, otherLog, stuckLog = "oldlogoldlogold2", "otherlogotherlo2", "stucklogstucklo2"
	deadline := time.Now().Add(time.Minute).UnixMilli()
	id := func(log string, n int) wire.TxID { return wire.TxID{Log: log, N: uint64(n)} }
	prepare := func(id wire.TxID) reply {
		h.Prepare(id, wire.Prepare{
			V: wire.Version, Key: "key-" + id.String(), Digest: "0123456789abcdef0123456789abcdef",
			DecideBy: deadline, OpenSeq: 1, Payload: json.RawMessage("{}"),
		})
		return <-replies
	}
	commit := func(id wire.TxID) reply {
		h.Commit(id, wire.Commit{V: wire.Version, Journal: h.Journal(), DecideBy: deadline})
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
	collect(time.Now().Add(wire.IdempotencyWindow-time.Minute), 0)
	later := time.Now().Add(wire.IdempotencyWindow + time.Minute)
	collect(later, 50)
	collect(later, 0)

	// Prepared rows stay and can still be committed; keys are free again.
	if r := commit(id(oldLog, 31)); r.ack.Code != "" {
		t.Errorf("ack is %+v", r.ack)
	}
	if r := prepare(id(otherLog, 1)); r.vote == nil || !r.vote.Yes {
		t.Errorf("a log that was forgotten is not learned again: %+v", r.vote)
	}
	if r := commit(id(stuckLog, 1)); r.ack.Code != "" {
		t.Errorf("ack is %+v", r.ack)
	}
	collect(later, 2)
}
