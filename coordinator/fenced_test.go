package coordinator_test

import (
	"fmt"
	"log/slog"
	"testing"

	"parley/internal/lifecycle/roletest"

	"parley/coordinator"
	"parley/coordinator/machine"
	"parley/coordinator/txlog"
	"parley/wire"
	"parley/wire/txwire"
)

// seal seals a log behind the back of its owner.
func (s *harness) seal(t *testing.T, log string) {
	t.Helper()
	l, err := txlog.Open(t.Context(), s.js, slog.New(slog.DiscardHandler))
	roletest.Must(t, err)
	eventually(t, "a seal", func() bool {
		found, err := l.Read(t.Context(), log)
		if err != nil || len(found) == 0 {
			return false
		}
		last := found[len(found)-1]
		if last.Record.Kind == txwire.RecordSeal {
			return true
		}
		answer, _, _ := l.Append(t.Context(), log, last.Seq, txwire.Record{
			V: wire.Version, Kind: txwire.RecordSeal, Nonce: sealNonce, Prev: last.Seq, Base: last.Record.Base,
		})
		return answer == machine.AppendStored
	})
}

const sealNonce = "sealsealsealseal"

// A coordinator whose log another has sealed while it lives: what was under way
// is aborted and its client, which repeats the key, gets its commit in the new
// log; it goes on with that one.
func TestFencedWithWorkUnderWay(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	nc := s.Connect(t)
	inventory, delivery := newFake(t, nc, "inventory"), newFake(t, nc, "delivery")
	s.coordinator(t, coordinator.Config{})
	client := newClient(t, nc)
	done, err := client.Submit(t.Context(), order("before"))
	roletest.Must(t, err)
	log := done.ID.Log

	delivery.set(func(f *fake) { f.silent = true })
	answer := submit(t, client, order("under way"))
	eventually(t, "the branch", func() bool { return len(inventory.states("under way")) == 1 })
	s.seal(t, log)
	delivery.set(func(f *fake) { f.silent = false })
	r := <-answer
	if r.err != nil || r.o.Status != txwire.StatusCommitted || r.o.ID.Log == log {
		t.Fatalf("got %+v, %v, want a commit in another log than %s", r.o, r.err, log)
	}
	for _, f := range []*fake{inventory, delivery} {
		f.await(r.o.ID, txwire.BranchCommitted)
		for id := range f.states("under way") {
			if id.Log == log {
				f.await(id, txwire.BranchAborted)
			}
		}
	}
	agree(t, "under way", r.o, inventory, delivery)
	again, err := client.Submit(t.Context(), order("before"))
	if err != nil || again.Status != txwire.StatusCommitted || again.ID != done.ID {
		t.Errorf("the key from before: got %+v, %v, want %s", again, err, done.ID)
	}
	eventually(t, "the sealed log to be purged", func() bool { return s.logs(t)[txwire.LogSubject(log)] == 0 })
}

// Sealed again and again under traffic: every client receives the true outcome, and no
// key commits twice.
func TestFencedInTraffic(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	inventory, delivery := newFake(t, s.Connect(t), "inventory"), newFake(t, s.Connect(t), "delivery")
	s.coordinator(t, coordinator.Config{})
	client := newClient(t, s.Connect(t))
	const waves, each = 5, 12
	sealed := map[string]bool{}
	for wave := range waves {
		answers := map[string]<-chan result{}
		for i := range each {
			key := fmt.Sprintf("%d-%d", wave, i)
			answers[key] = submit(t, client, order(key))
		}
		for subject := range s.logs(t) {
			log, err := txwire.ParseLogSubject(subject)
			roletest.Must(t, err)
			if !sealed[log] && s.logs(t)[subject] > 0 {
				sealed[log] = true
				s.seal(t, log)
			}
		}
		for key, a := range answers {
			r := <-a
			if r.err != nil || r.o.Status != txwire.StatusCommitted {
				t.Errorf("%s: got %+v, %v", key, r.o, r.err)
				continue
			}
			inventory.await(r.o.ID, txwire.BranchCommitted)
			delivery.await(r.o.ID, txwire.BranchCommitted)
			agree(t, key, r.o, inventory, delivery)
		}
	}
	t.Logf("sealed %d logs under the coordinator", len(sealed))
}
