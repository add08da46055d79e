package machine

import (
	"fmt"
	"testing"

	"parley/wire/txwire"
)

// A client that waits until all is applied promises that its key is its own,
// times out, and submits again, here and elsewhere. What was aborted on the
// strength of the promise alone must then not be reported as aborted: the
// submission elsewhere may commit, or have committed, and no participant has
// closed the key. Found by test/sim, configuration "applied".
func TestPromiseOfOnceEndsWithTheNextSubmission(t *testing.T) {
	for _, tt := range []struct {
		name string
		wait txwire.Wait
		ack  bool // the participant acknowledges, with the key held by another
	}{
		{"waits until applied, the abort is given up", txwire.WaitApplied, false},
		{"waits until applied, the abort is acknowledged", txwire.WaitApplied, true},
		{"waits for the decision", txwire.WaitDecided, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := New("aaaaaaaaa", DefaultLimits())
			m.Opened("log", 1)
			s := Submission{Key: "k", Digest: "d", DecideBy: 1, Branches: []txwire.Branch{{Participant: "inventory"}}}
			once := s
			once.Once = true
			id := txwire.ID{Log: "log", N: 1}
			m.Submit(once, Waiter{To: "try 1", Wait: txwire.WaitApplied})
			m.Deadline(id)
			m.Submit(s, Waiter{To: "try 2", Wait: tt.wait})
			if tt.ack {
				m.Ack(id, "inventory", txwire.Ack{Of: txwire.KindAbort})
			} else {
				m.GiveUp(id)
			}
			answered := 0
			for _, a := range m.Actions() {
				r, ok := a.(Reply)
				if !ok {
					continue
				}
				answered++
				if r.Outcome.Status != txwire.StatusUnknown {
					t.Errorf("%s receives %s, and no participant has closed the key", r.To, r.Outcome.Status)
				}
			}
			if answered != 2 {
				t.Errorf("%d clients are answered, expected are both", answered)
			}
		})
	}
}

// Once a participant has closed the key, the abort is proven for everybody.
func TestClosedKeyIsProvenForLaterSubmissions(t *testing.T) {
	m := New("aaaaaaaaa", DefaultLimits())
	m.Opened("log", 1)
	s := Submission{Key: "k", Digest: "d", DecideBy: 1, Once: true, Branches: []txwire.Branch{{Participant: "inventory"}, {Participant: "delivery"}}}
	id := txwire.ID{Log: "log", N: 1}
	m.Submit(s, Waiter{To: "try 1", Wait: txwire.WaitApplied})
	m.Deadline(id)
	m.Ack(id, "inventory", txwire.Ack{Of: txwire.KindAbort, Closed: true})
	m.Actions()
	s.Once = false
	m.Submit(s, Waiter{To: "try 2"})
	actions := m.Actions()
	if len(actions) != 1 || actions[0].(Reply).Outcome.Status != txwire.StatusAborted {
		t.Fatalf("try 2 is answered with %v, expected is aborted at once", actions)
	}
}

// Who repeats a key has often gone: the clients that wait for one submission are
// bounded, and it is the newest ones that are reminded.
func TestWaitersAreBounded(t *testing.T) {
	m := New("aaaaaaaaa", DefaultLimits())
	m.Opened("log", 1)
	s := Submission{Key: "k", Digest: "d", DecideBy: 1, Branches: []txwire.Branch{{Participant: "inventory"}}}
	const tries = 10 * maxWaiters
	for i := range tries {
		m.Submit(s, Waiter{To: fmt.Sprint("try ", i)})
	}
	m.Actions()
	m.Remind()
	reminded := map[string]bool{}
	for _, a := range m.Actions() {
		reminded[a.(Reply).To] = true
	}
	if len(reminded) != maxWaiters || !reminded[fmt.Sprint("try ", tries-1)] {
		t.Errorf("%d clients are reminded, the newest: %v; want %d, true", len(reminded), reminded[fmt.Sprint("try ", tries-1)], maxWaiters)
	}
}
