package participants_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"parley/participants/sqlite"

	"parley/participants"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A violation whose branch was abandoned is dropped, also where a full list of others is
// newer; one of another journal's branch stays.
func TestAcknowledgedViolationIsDropped(t *testing.T) {
	server := newServer(t)
	cfg := config{participants.Config{Name: "violated"}, filepath.Join(t.TempDir(), "journal.db")}
	p, _, _ := run(t, server.Connect(t), cfg, nothing{})
	nc := server.Connect(t)
	journal := newVoter(t, nc, "violated").yes()
	id := func(n int) txwire.ID { return txwire.ID{Log: "lostloglostlogaa", N: uint64(n)} }
	const total = wire.MaxList + 2
	for n := 1; n <= total; n++ {
		m := nats.NewMsg(txwire.Subject(txwire.KindCommit, "violated", id(n)))
		m.Data = wire.Encode(txwire.Commit{V: wire.Version, Journal: journal, DecideBy: time.Now().UnixMilli()})
		if err := nc.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	left := func() (n int) {
		err := p.Read(t.Context(), func(ctx context.Context, tx *sqlite.Tx) error {
			return tx.QueryRowContext(ctx, "SELECT count(*) FROM violations").Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	await(t, "the violations", func() bool { return left() == total })
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	for n, of := range map[int]string{1: journal, 2: "notthisjournal22"} {
		record := txwire.Abandoned{V: wire.Version, ID: id(n), Participant: "violated", Journal: of, Reason: "a test", By: "a test", At: 1}
		if _, err := js.Publish(t.Context(), txwire.AbandonedSubject("violated", id(n)), wire.Encode(record)); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "the acknowledgement", func() bool { return left() < total })
	if n := left(); n != total-1 {
		t.Errorf("%d violations are left, want %d", n, total-1)
	}
}
