package txclient_test

import (
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/broker/brokertest"
	"parley/wire"
	"parley/wire/txwire"
)

// A submission is repeated, with the same key and content, until the answer is
// definite.
func TestRepeats(t *testing.T) {
	for _, c := range []struct {
		what   string
		answer txwire.Outcome
	}{
		{"busy", rejected(wire.CodeBusy)},
		{"no log", rejected(wire.CodeUnavailable)},
		{"key held by another content", rejected(wire.CodeContended)},
		{"fenced", txwire.Outcome{Status: txwire.StatusUnknown, ID: id(1), Code: wire.CodeFenced, Reason: "sealed"}},
		{"undecided", txwire.Outcome{Status: txwire.StatusUnknown, ID: id(1), Code: wire.CodeUndecided, Reason: "another one is at work"}},
		{"an error of its own", rejected(wire.CodeInternal)},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := brokertest.Run(t)
			f := newFake(t, s)
			answer := submit(t.Context(), newClient(t, s.Connect(t)), order("k"))
			first := f.next()
			f.answer(first, c.answer)
			second := f.next()
			f.answer(second, c.answer)
			third := f.next()
			f.answer(third, committed(2))
			if first.Key != "k" || second.Key != "k" || first.Digest() != third.Digest() || first.reply == second.reply {
				t.Errorf("the tries differ: %+v, %+v, %+v", first, second, third)
			}
			r := <-answer
			if r.err != nil || r.o.Status != txwire.StatusCommitted || r.o.ID != id(2) || r.o.Key != "k" {
				t.Errorf("got %+v, %v", r.o, r.err)
			}
		})
	}
}

// A coordinator that stops answering, from the start or after "pending",
// is given up; one that repeats "pending" is not.
func TestRepeatsOnSilence(t *testing.T) {
	t.Parallel()
	s := brokertest.Run(t)
	f := newFake(t, s)
	answer := submit(t.Context(), newClient(t, s.Connect(t)), order("k"))
	f.next() // silent
	second := f.next()
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for range 12 { // longer than a silence
		f.answer(second, txwire.Outcome{Status: txwire.StatusPending, ID: id(2)})
		<-tick.C
	}
	if len(f.tries) > 0 {
		t.Error("repeated although the coordinator is at work")
	}
	f.answer(f.next(), committed(3)) // and then silent
	if r := <-answer; r.err != nil || r.o.ID != id(3) {
		t.Errorf("got %+v, %v", r.o, r.err)
	}
}

// With no coordinator at all a submission waits for one.
func TestRepeatsUntilThereIsACoordinator(t *testing.T) {
	s := brokertest.Run(t)
	nc := s.Connect(t)
	answer := submit(t.Context(), newClient(t, nc), order(""))
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for nc.Stats().InMsgs < 2 { // two notices that there is no subscriber
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("the broker does not report the missing subscriber")
		}
	}
	f := newFake(t, s)
	first := f.next()
	if !first.Once {
		t.Error("the key was made for this submission and reached nobody: it is still the only one")
	}
	f.answer(first, committed(1))
	if r := <-answer; r.err != nil || r.o.ID != id(1) || r.o.Key != first.Key {
		t.Errorf("got %+v, %v", r.o, r.err)
	}
}

// Once declares that no other submission with the key exists: true of the first
// with a key that the client made, false as soon as one may have arrived.
func TestOnce(t *testing.T) {
	s := brokertest.Run(t)
	f := newFake(t, s)
	client := newClient(t, s.Connect(t))

	answer := submit(t.Context(), client, order(""))
	first := f.next()
	f.answer(first, rejected(wire.CodeBusy)) // nothing was started
	second := f.next()
	f.answer(second, txwire.Outcome{Status: txwire.StatusUnknown, ID: id(1)})
	third := f.next()
	f.answer(third, committed(2))
	if r := <-answer; r.err != nil {
		t.Error(r.err)
	}
	if !first.Once || !second.Once || third.Once {
		t.Errorf("once is %v, %v, %v, want true, true, false", first.Once, second.Once, third.Once)
	}

	answer = submit(t.Context(), client, order("mine"))
	given := f.next()
	f.answer(given, committed(3))
	if r := <-answer; r.err != nil || given.Once {
		t.Errorf("once is %v for a key of the caller's; %v", given.Once, r.err)
	}
}

// The answer to an earlier attempt is about that attempt alone: its "aborted" must not
// be taken for an answer to a later try, which may commit.
func TestLateAnswerOfEarlierTry(t *testing.T) {
	t.Parallel()
	s := brokertest.Run(t)
	f := newFake(t, s)
	answer := submit(t.Context(), newClient(t, s.Connect(t)), order("k"))
	first := f.next()
	second := f.next() // after a silence
	f.answer(first, txwire.Outcome{Status: txwire.StatusAborted, ID: id(1), Code: wire.CodeTimeout, Reason: "too late"})
	f.answer(second, committed(2))
	if r := <-answer; r.err != nil || r.o.Status != txwire.StatusCommitted || r.o.ID != id(2) {
		t.Errorf("got %+v, %v", r.o, r.err)
	}
}

// An answer that cannot be read decides nothing.
func TestGarbageAnswer(t *testing.T) {
	s := brokertest.Run(t)
	f := newFake(t, s)
	answer := submit(t.Context(), newClient(t, s.Connect(t)), order("k"))
	for _, garbage := range []string{"", "committed", `{"v":2,"status":"committed"}`, `{"v":1,"status":"done"}`} {
		roletest.Must(t, f.nc.Publish(f.next().reply, []byte(garbage)))
	}
	f.answer(f.next(), committed(1))
	if r := <-answer; r.err != nil || r.o.ID != id(1) {
		t.Errorf("got %+v, %v", r.o, r.err)
	}
}
