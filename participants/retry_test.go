package participants_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/participants/sqlite"

	"parley/participants"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// mended is a resource whose Commit fails until it is mended.
type mended struct {
	nothing
	is atomic.Bool
}

func (m *mended) Commit(context.Context, *sqlite.Tx, participants.Branch) error {
	if m.is.Load() {
		return nil
	}
	return errors.New("the shelf is missing")
}

// An operator retries an outcome, and receives the result.
func TestRetryNow(t *testing.T) {
	server := newServer(t)
	nc := server.Connect(t)
	r := &mended{}
	_, _, _ = run(t, server.Connect(t), config{participants.Config{Name: "broken"}, filepath.Join(t.TempDir(), "journal.db")}, r)
	v := newVoter(t, nc, "broken")
	journal := v.yes()
	id := txwire.ID{Log: "testlogtestloga2", N: uint64(v.n)}
	retry := func() txwire.Retried {
		t.Helper()
		m, err := nc.Request(txwire.RetrySubject("broken"), wire.Encode(txwire.Retry{V: wire.Version, ID: id}), patience)
		if err != nil {
			t.Fatal(err)
		}
		a, err := wire.Decode[txwire.Retried](m.Data)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := retry(); a.Code != wire.CodeNotFound || a.Participant != "broken" || a.Journal != journal {
		t.Errorf("where nothing failed the answer is %+v", a)
	}

	acks, err := nc.SubscribeSync("tx.ack.broken.>")
	if err != nil {
		t.Fatal(err)
	}
	m := nats.NewMsg(txwire.Subject(txwire.KindCommit, "broken", id))
	m.Data = wire.Encode(txwire.Commit{V: wire.Version, Journal: journal, DecideBy: time.Now().Add(time.Hour).UnixMilli()})
	if err := nc.PublishMsg(m); err != nil {
		t.Fatal(err)
	}
	// Automatic attempts may be in between.
	answered := func(is func(txwire.Retried) bool) txwire.Retried {
		t.Helper()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		late := time.After(patience)
		for {
			if a := retry(); is(a) {
				return a
			}
			select {
			case <-tick.C:
			case <-late:
				t.Fatalf("the last answer is %+v", retry())
			}
		}
	}
	a := answered(func(a txwire.Retried) bool { return a.Code == wire.CodeInternal })
	if !strings.Contains(a.Reason, "the shelf is missing") || a.Tries < 2 {
		t.Errorf("an attempt that failed is answered %+v", a)
	}
	if m, err := acks.NextMsg(time.Millisecond); err == nil {
		t.Errorf("it was acknowledged: %s", m.Data)
	}
	r.is.Store(true)
	answered(func(a txwire.Retried) bool { return a.Code == "" || a.Code == wire.CodeNotFound })
	got, err := acks.NextMsg(patience)
	if err != nil {
		t.Fatal(err)
	}
	var ack txwire.Ack
	if err := json.Unmarshal(got.Data, &ack); err != nil || ack.Code != "" || ack.Of != txwire.KindCommit {
		t.Errorf("it is acknowledged by %s", got.Data)
	}
}
