package coordinator_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/coordinator"
	"parley/coordinator/txclient"
	"parley/internal/hooks"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait; nothing comes near it.
const patience = 2 * time.Minute

func TestCommit(t *testing.T) {
	s := newHarness(t)
	nc := s.Connect(t)
	inventory, delivery := newFake(t, nc, "inventory"), newFake(t, nc, "delivery")
	p := s.coordinator(t, coordinator.Config{})
	client := newClient(t, nc)

	o, err := client.Submit(t.Context(), order("k1"))
	if err != nil || o.Status != txwire.StatusCommitted || string(o.Details["delivery"]) != `{"from":"delivery"}` {
		t.Fatalf("got %+v, %v", o, err)
	}
	inventory.await(o.ID, txwire.BranchCommitted)
	delivery.await(o.ID, txwire.BranchCommitted)

	again, err := client.Submit(t.Context(), order("k1"))
	if err != nil || again.Status != txwire.StatusCommitted || again.ID != o.ID {
		t.Fatalf("the same key again: got %+v, %v, want %s", again, err, o.ID)
	}
	other := order("k1")
	other.Branches[0].Payload = []byte(`{"item":"pie"}`)
	_, err = client.Submit(t.Context(), other)
	if wire.CodeOf(err) != wire.CodeConflict {
		t.Fatalf("the same key with other content: got %v, want a conflict", err)
	}
	p.Drain()
	if logs := s.logs(t); len(logs) != 0 {
		t.Errorf("a drained coordinator left the logs %v", logs)
	}
}

func TestRefusal(t *testing.T) {
	s := newHarness(t)
	nc := s.Connect(t)
	inventory, delivery := newFake(t, nc, "inventory"), newFake(t, nc, "delivery")
	delivery.refuse = "no courier is free"
	s.coordinator(t, coordinator.Config{})
	client := newClient(t, nc)
	o, err := client.Submit(t.Context(), order("k1"))
	if err != nil || o.Status != txwire.StatusAborted || o.Reason != "no courier is free" || o.Participant != "delivery" {
		t.Fatalf("got %+v, %v", o, err)
	}
	inventory.await(o.ID, txwire.BranchAborted)
	delivery.set(func(f *fake) { f.refuse = "" }) // the key stays closed all the same
	again, err := client.Submit(t.Context(), order("k1"))
	if err != nil || again.Status != txwire.StatusAborted || again.Reason != o.Reason || again.ID != o.ID {
		t.Fatalf("the same key again: got %+v, %v, want the answer of %s", again, err, o.ID)
	}
}

func TestUnknownParticipant(t *testing.T) {
	s := newHarness(t)
	nc := s.Connect(t)
	newFake(t, nc, "inventory")
	s.coordinator(t, coordinator.Config{})
	// Somebody who watches everything counts as a subscriber for the broker.
	watch, err := nc.SubscribeSync("tx.>")
	roletest.Must(t, err)
	defer func() { _ = watch.Unsubscribe() }()
	for _, key := range []string{"", "mine"} {
		r := order(key)
		r.Timeout = time.Hour // which is not waited for
		o, err := newClient(t, nc).Submit(t.Context(), r)
		if err != nil || o.Status != txwire.StatusAborted || o.Code != wire.CodeNoParticipant || o.Participant != "delivery" {
			t.Fatalf("got %+v, %v", o, err)
		}
	}
}

// A participant that restarts is waited for, by a coordinator too that has not
// heard its vote yet: an order meanwhile is slow and does not fail.
func TestParticipantRestarts(t *testing.T) {
	s := newHarness(t)
	nc, other := s.Connect(t), s.Connect(t)
	newFake(t, nc, "inventory")
	newFake(t, other, "delivery")
	asked := answerBranches(t, other, "delivery")
	s.coordinator(t, coordinator.Config{})
	client := newClient(t, nc)
	<-asked
	for _, key := range []string{"never voted", "voted before"} {
		other.Close()
		done := make(chan txwire.Outcome, 1)
		submit := func(key string) {
			o, err := client.Submit(t.Context(), order(key))
			if err != nil {
				t.Error(err)
			}
			done <- o
		}
		go submit(key)
		late := time.After(patience)
	waiting:
		for try := 1; ; try++ {
			select {
			case o := <-done:
				// The answer to its question is on its way in the coordinator.
				if key != "never voted" || o.Code != wire.CodeNoParticipant {
					t.Fatalf("%s: without the participant the order ended: %+v", key, o)
				}
				go submit(fmt.Sprintf("%s, try %d", key, try))
			case <-late:
				t.Fatal("the participant is not known")
			case <-time.After(300 * time.Millisecond): // the broker reports immediately that there is no subscriber
				break waiting
			}
		}
		other = s.Connect(t)
		newFake(t, other, "delivery")
		if o := <-done; o.Status != txwire.StatusCommitted {
			t.Fatalf("%s: got %+v, want committed", key, o)
		}
	}
}

// answerBranches has a participant answer probes. The channel is closed when a
// coordinator has heard it.
func answerBranches(t *testing.T, nc *nats.Conn, name string) <-chan struct{} {
	t.Helper()
	heard := make(chan struct{})
	var once sync.Once
	sub, err := nc.Subscribe(txwire.SubjectBranches, func(msg *nats.Msg) {
		_ = msg.Respond(wire.Encode(txwire.Branches{V: wire.Version, Participant: name, Journal: journal(name)}))
		_ = nc.Flush() // the test goes on without it when the connection is lost
		once.Do(func() { close(heard) })
	})
	roletest.Must(t, err)
	t.Cleanup(func() { _ = sub.Unsubscribe() })
	roletest.Must(t, nc.Flush())
	return heard
}

func TestTimeout(t *testing.T) {
	s := newHarness(t)
	nc := s.Connect(t)
	inventory, delivery := newFake(t, nc, "inventory"), newFake(t, nc, "delivery")
	delivery.silent = true
	s.coordinator(t, coordinator.Config{})
	r := order("k1")
	r.Timeout = time.Second
	o, err := newClient(t, nc).Submit(t.Context(), r)
	if err != nil || o.Status != txwire.StatusAborted || o.Code != wire.CodeTimeout || o.Participant != "delivery" {
		t.Fatalf("got %+v, %v", o, err)
	}
	inventory.await(o.ID, txwire.BranchAborted)
}

func TestNoCoordinator(t *testing.T) {
	s := newHarness(t)
	nc := s.Connect(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		// After so many attempts without a listener the next one is a while away.
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for nc.Stats().InMsgs < 5 && ctx.Err() == nil {
			<-tick.C
		}
		cancel()
	}()
	_, err := newClient(t, nc).Submit(ctx, order(""))
	if wire.CodeOf(err) != wire.CodeUnavailable || errors.Is(err, txclient.ErrUnknown) {
		t.Fatalf("got %v, want unavailable: nothing was started", err)
	}
}

// A coordinator dies right after its append: the next one finds the commit.
func TestKilledAfterAppend(t *testing.T) {
	s := newHarness(t)
	nc := s.Connect(t)
	inventory, delivery := newFake(t, nc, "inventory"), newFake(t, nc, "delivery")
	appended := make(chan struct{})
	hang := make(chan struct{})
	first := s.coordinator(t, coordinator.Config{}, hooks.Hooks{Step: func(point string) {
		if point == coordinator.StepAppendAfter {
			close(appended)
			<-hang
		}
	}})
	type result struct {
		o   txwire.Outcome
		err error
	}
	got := make(chan result, 1)
	client := newClient(t, nc)
	go func() {
		o, err := client.Submit(t.Context(), order("k1"))
		got <- result{o, err}
	}()
	<-appended
	first.NATS.Close()
	close(hang)
	first.Kill()
	start := time.Now()
	s.coordinator(t, coordinator.Config{})
	r := <-got
	if r.err != nil || r.o.Status != txwire.StatusCommitted {
		t.Fatalf("got %+v, %v", r.o, r.err)
	}
	inventory.await(r.o.ID, txwire.BranchCommitted)
	delivery.await(r.o.ID, txwire.BranchCommitted)
	t.Logf("resolved after %v", time.Since(start))
}

// A coordinator dies with a branch prepared and nothing appended: asking seals
// its log and proves the abort.
func TestKilledBeforeAppend(t *testing.T) {
	s := newHarness(t)
	nc := s.Connect(t)
	inventory := newFake(t, nc, "inventory")
	delivery := newFake(t, nc, "delivery")
	delivery.silent = true
	first := s.coordinator(t, coordinator.Config{})
	client := newClient(t, nc)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { _, err := client.Submit(ctx, order("k1")); ended <- err }()
	var id txwire.ID
	for id.IsZero() {
		<-inventory.changed
		inventory.set(func(f *fake) {
			for i := range f.branches {
				id = i
			}
		})
	}
	cancel()
	if err := <-ended; !errors.Is(err, txclient.ErrUnknown) {
		t.Errorf("got %v, want unknown", err)
	}
	first.Kill()
	s.coordinator(t, coordinator.Config{})
	if r := inventory.ask(id); r.Status != txwire.StatusAborted || r.SealSeq == 0 {
		t.Fatalf("got %+v", r)
	}
	inventory.await(id, txwire.BranchAborted)
	delivery.set(func(f *fake) { f.silent = false })
	if o, err := client.Submit(t.Context(), order("k1")); err != nil || o.Status != txwire.StatusCommitted || o.ID == id {
		t.Fatalf("the key again: got %+v, %v", o, err)
	}
}

// An abort reported to a client that waits for "applied" holds at every participant.
func TestAbortApplied(t *testing.T) {
	s := newHarness(t)
	nc := s.Connect(t)
	inventory, delivery := newFake(t, nc, "inventory"), newFake(t, nc, "delivery")
	delivery.refuse = "no courier is free"
	s.coordinator(t, coordinator.Config{})
	r := order("")
	r.Wait = txwire.WaitApplied
	o, err := newClient(t, nc).Submit(t.Context(), r)
	if err != nil || o.Status != txwire.StatusAborted || !o.Applied {
		t.Fatalf("got %+v, %v", o, err)
	}
	for _, f := range []*fake{inventory, delivery} {
		f.set(func(f *fake) {
			if b := f.branches[o.ID]; b == nil || b.State != txwire.BranchAborted {
				t.Errorf("%s: branch is %+v", f.name, b)
			}
		})
	}
}

// A commit is reported to a client that waits for "applied" and whose time ends
// while a participant is away: committed, not yet applied.
func TestCommittedWhileAParticipantIsAway(t *testing.T) {
	s := newHarness(t)
	nc := s.Connect(t)
	inventory, delivery := newFake(t, nc, "inventory"), newFake(t, nc, "delivery")
	inventory.silent = true
	s.coordinator(t, coordinator.Config{})
	outcomes := make(chan txwire.Outcome, 64)
	if _, err := nc.Subscribe("_INBOX.>", func(msg *nats.Msg) {
		if o, err := wire.Decode[txwire.Outcome](msg.Data); err == nil {
			outcomes <- o
		}
	}); err != nil {
		t.Fatal(err)
	}
	r := order("k1")
	r.Wait = txwire.WaitApplied
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	type answer struct {
		o   txwire.Outcome
		err error
	}
	ended := make(chan answer, 1)
	client := newClient(t, s.Connect(t))
	go func() { o, err := client.Submit(ctx, r); ended <- answer{o, err} }()

	// delivery leaves after its vote; inventory votes after that.
	id := delivery.prepared()
	delivery.set(func(f *fake) { f.silent = true })
	inventory.set(func(f *fake) { f.silent = false })
	inventory.await(id, txwire.BranchCommitted)
	// The client has read the first answer when the second one comes, a second
	// later.
	for seen := 0; seen < 2; {
		if o := <-outcomes; o.Status == txwire.StatusCommitted {
			seen++
		}
	}
	for from, want := range map[txwire.ID]int{{}: 1, txwire.FirstID(): 1, id: 1, id.Next(): 0} {
		states, err := client.CoordinatorsFrom(t.Context(), from)
		if err != nil || len(states) != 1 || len(states[0].Txs) != want || states[0].Held() != 1 {
			t.Errorf("listed from %q: %+v, %v, want %d", from, states, err, want)
		}
	}
	cancel()
	got := <-ended
	if got.err != nil || got.o.Status != txwire.StatusCommitted || got.o.Applied || got.o.ID != id {
		t.Fatalf("got %+v, %v, want committed, not applied", got.o, got.err)
	}
	if got.o.Participant != "delivery" {
		t.Errorf("got %+v, want delivery named", got.o)
	}
	delivery.set(func(f *fake) { f.silent = false })
	if o, err := client.Submit(t.Context(), r); err != nil || !o.Applied || o.ID != id {
		t.Errorf("when delivery is back: got %+v, %v", o, err)
	}
}
