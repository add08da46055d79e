package participants_test

import (
	"path/filepath"
	"testing"
	"time"

	"parley/participants"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// After a restart there are inquiries about every branch in doubt as fast as answers
// arrive, also about more branches than concurrent inquiries.
func TestRestartAsksAboutAll(t *testing.T) {
	server := newServer(t)
	cfg := config{participants.Config{Name: "doubtful", InquireAfter: time.Hour}, filepath.Join(t.TempDir(), "journal.db")}
	_, cancel, ended := run(t, server.Connect(t), cfg, nothing{})
	nc := server.Connect(t)
	votes, err := nc.SubscribeSync("tx.vote.doubtful.>")
	if err != nil {
		t.Fatal(err)
	}
	const total = 300
	for i := range total {
		if err := nc.PublishMsg(prepareMessage("doubtful", i+1)); err != nil {
			t.Fatal(err)
		}
	}
	for range total {
		if _, err := votes.NextMsg(patience); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := waitFor(t, ended); err != nil {
		t.Fatal(err)
	}

	asked := make(chan txwire.ID, total)
	if _, err := nc.Subscribe(txwire.SubjectResolve, func(m *nats.Msg) {
		q, err := wire.Decode[txwire.Resolve](m.Data)
		if err != nil {
			t.Error(err)
			return
		}
		asked <- q.ID
		_ = m.Respond(wire.Encode(txwire.Resolved{V: wire.Version, Status: txwire.StatusPending})) // otherwise it inquires again
	}); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	_, cancel, ended = run(t, server.Connect(t), cfg, nothing{})
	seen := map[txwire.ID]bool{}
	end := time.After(patience)
	for len(seen) < total {
		select {
		case id := <-asked:
			seen[id] = true
		case <-end:
			t.Fatalf("inquiries about %d of %d", len(seen), total)
		}
	}
	cancel()
	if err := waitFor(t, ended); err != nil {
		t.Error(err)
	}
}

// When the first coordinator subscribes, there are inquiries about every branch in doubt
// without waiting for the planned ones.
func TestFirstCoordinatorIsAskedAboutAll(t *testing.T) {
	server := newServer(t)
	cfg := config{participants.Config{Name: "doubtful", InquireAfter: 20 * time.Millisecond}, filepath.Join(t.TempDir(), "journal.db")}
	p, cancel, ended := run(t, server.Connect(t), cfg, nothing{})
	nc := server.Connect(t)
	const total = 100
	for i := range total {
		if err := nc.PublishMsg(prepareMessage("doubtful", i+1)); err != nil {
			t.Fatal(err)
		}
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for p.Counts().InDoubt < total || p.Counts().Asked == 0 {
		<-tick.C
	}
	asked := make(chan txwire.ID, total)
	if _, err := nc.Subscribe(txwire.SubjectResolve, func(m *nats.Msg) {
		q, err := wire.Decode[txwire.Resolve](m.Data)
		if err != nil {
			t.Error(err)
			return
		}
		_ = m.Respond(wire.Encode(txwire.Resolved{V: wire.Version, Status: txwire.StatusAborted}))
		asked <- q.ID
	}); err != nil {
		t.Fatal(err)
	}
	end := time.After(patience)
	for p.Counts().InDoubt > 0 {
		select {
		case <-asked:
		case <-tick.C:
		case <-end:
			t.Fatalf("%d branches are still in doubt", p.Counts().InDoubt)
		}
	}
	cancel()
	if err := waitFor(t, ended); err != nil {
		t.Error(err)
	}
}
