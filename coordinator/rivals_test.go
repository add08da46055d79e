package coordinator_test

import (
	"fmt"
	"testing"

	"parley/coordinator"
	"parley/coordinator/txclient"
	"parley/wire/txwire"
)

// Two coordinators, and three clients that submit the same key at the same
// time: exactly one transaction commits, and all clients receive its ID. (A
// participant that lets two transactions hold one key, or two rivals that abort
// each other for ever, fail here.)
func TestSameKeyAtTwoCoordinators(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	inventory, delivery := newFake(t, s.Connect(t), "inventory"), newFake(t, s.Connect(t), "delivery")
	s.coordinator(t, coordinator.Config{})
	s.coordinator(t, coordinator.Config{})
	var clients []*txclient.Client
	for range 3 {
		clients = append(clients, newClient(t, s.Connect(t)))
	}
	const rounds = 25
	rivals := 0
	for i := range rounds {
		key := fmt.Sprintf("key%d", i)
		var answers []<-chan result
		for _, c := range clients {
			answers = append(answers, submit(t, c, order(key)))
		}
		var first txwire.Outcome
		for n, a := range answers {
			r := <-a
			if r.err != nil || r.o.Status != txwire.StatusCommitted {
				t.Fatalf("%s: client %d got %+v, %v", key, n, r.o, r.err)
			}
			if n == 0 {
				first = r.o
			} else if r.o.ID != first.ID {
				t.Errorf("%s: one client received %s and another %s", key, first.ID, r.o.ID)
			}
		}
		logs := map[string]bool{}
		for _, f := range []*fake{inventory, delivery} {
			f.await(first.ID, txwire.BranchCommitted)
			committed := 0
			for id, state := range f.states(key) {
				logs[id.Log] = true
				if state == txwire.BranchCommitted {
					committed++
				}
			}
			if committed != 1 {
				t.Errorf("%s: %d transactions committed at %s", key, committed, f.name)
			}
		}
		agree(t, key, first, inventory, delivery)
		if len(logs) > 1 {
			rivals++
		}
	}
	t.Logf("in %d of %d rounds both coordinators had a branch prepared or aborted", rivals, rounds)
}
