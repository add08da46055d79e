package coordinator_test

import (
	"fmt"
	"testing"

	"parley/coordinator"
	"parley/wire/txwire"
)

// The broker is killed and started again in the middle of traffic, three times.
// Every submission ends with the true outcome: it is what both
// participants hold, no key commits twice, and the coordinator goes on.
func TestBrokerRestartInTraffic(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	inventory, delivery := newFake(t, s.Connect(t), "inventory"), newFake(t, s.Connect(t), "delivery")
	s.coordinator(t, coordinator.Config{})
	client := newClient(t, s.Connect(t))

	const workers, restarts = 8, 3
	stop := make(chan struct{})
	type keyed struct {
		key string
		result
	}
	answers := make(chan keyed, 1024)
	ended := make(chan struct{}, workers)
	for w := range workers {
		go func() {
			defer func() { ended <- struct{}{} }()
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				key := fmt.Sprintf("w%d-%d", w, i)
				o, err := client.Submit(t.Context(), order(key))
				answers <- keyed{key, result{o, err}}
			}
		}()
	}
	all := map[string]result{}
	take := func(n int) {
		for range n {
			a := <-answers
			all[a.key] = a.result
		}
	}
	take(20)
	for range restarts {
		s.Kill()
		s.Restart(t)
		take(3 * workers) // so each worker has had one that was under way
	}
	close(stop)
	for running := workers; running > 0; {
		select {
		case <-ended:
			running--
		case a := <-answers:
			all[a.key] = a.result
		}
	}
	for len(answers) > 0 {
		take(1)
	}

	for key, r := range all {
		if r.err != nil || (r.o.Status != txwire.StatusCommitted && r.o.Status != txwire.StatusAborted) {
			t.Errorf("%s: got %+v, %v", key, r.o, r.err)
			continue
		}
		if r.o.Status == txwire.StatusCommitted {
			inventory.await(r.o.ID, txwire.BranchCommitted)
			delivery.await(r.o.ID, txwire.BranchCommitted)
		}
		agree(t, key, r.o, inventory, delivery)
	}
	counts := map[txwire.Status]int{}
	for _, r := range all {
		counts[r.o.Status]++
	}
	t.Logf("%d submissions over %d restarts: %v", len(all), restarts, counts)
	if o, err := client.Submit(t.Context(), order("afterwards")); err != nil || o.Status != txwire.StatusCommitted {
		t.Errorf("afterwards: got %+v, %v", o, err)
	}
}

// agree checks a key that was answered against what the participants hold: at
// most one transaction committed, the one that was named, and at none of them
// anything else.
func agree(t *testing.T, key string, outcome txwire.Outcome, fakes ...*fake) {
	t.Helper()
	for _, f := range fakes {
		for id, state := range f.states(key) {
			switch {
			case state == txwire.BranchCommitted && (outcome.Status != txwire.StatusCommitted || outcome.ID != id):
				t.Errorf("%s: %s is committed at %s, and the client received %s of %s", key, id, f.name, outcome.Status, outcome.ID)
			case state != txwire.BranchCommitted && outcome.Status == txwire.StatusCommitted && outcome.ID == id:
				t.Errorf("%s: the client received that %s committed, and it is %s at %s", key, id, state, f.name)
			}
		}
	}
}
