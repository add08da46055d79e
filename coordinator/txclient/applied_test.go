package txclient_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"parley/broker/brokertest"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// statuses answers tx.status with what the test sets, and hands out the requests.
func (f *fake) statuses(o txwire.Outcome) <-chan txwire.StatusRequest {
	f.t.Helper()
	o.V = wire.Version
	asked := make(chan txwire.StatusRequest, 64)
	if _, err := f.nc.Subscribe(txwire.SubjectStatus, func(msg *nats.Msg) {
		r, err := wire.Decode[txwire.StatusRequest](msg.Data)
		if err != nil {
			f.t.Error(err)
		}
		if err := msg.Respond(wire.Encode(o)); err != nil {
			f.t.Error(err)
		}
		asked <- r
	}); err != nil {
		f.t.Fatal(err)
	}
	if err := f.nc.Flush(); err != nil {
		f.t.Fatal(err)
	}
	return asked
}

// A submission that waits to be applied learns that it is committed, and answers
// that when its context ends.
func TestCommittedNotApplied(t *testing.T) {
	s := brokertest.Run(t)
	f := newFake(t, s)
	o := committed(7)
	o.Details = map[string]json.RawMessage{"inventory": json.RawMessage(`{"shelf":3}`)}
	asked := f.statuses(o)
	r := order("k")
	r.Wait = txwire.WaitApplied
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	answer := submit(ctx, newClient(t, s.Connect(t)), r)
	first := f.next()
	pending := txwire.Outcome{Status: txwire.StatusPending, ID: id(7), Reason: "committed, not yet acknowledged by delivery", Participant: "delivery"}
	// When the second question arrives the answer to the first was read: both
	// reach the client in order.
	for range 3 {
		f.answer(first, pending)
		if r := <-asked; r.ID != id(7) {
			t.Errorf("asked for %s", r.ID)
		}
	}
	cancel()
	got := <-answer
	if got.err != nil || got.o.Status != txwire.StatusCommitted || got.o.Applied || got.o.ID != id(7) || got.o.Key != "k" {
		t.Fatalf("got %+v, %v, want committed and not applied", got.o, got.err)
	}
	if got.o.Participant != "delivery" || !strings.Contains(got.o.Reason, "delivery") || len(got.o.Details) != 1 {
		t.Errorf("got %+v, want who is missing and the details", got.o)
	}
}

// An answer that it is committed and applied ends the wait: the coordinator that
// was asked first may be gone.
func TestAppliedElsewhere(t *testing.T) {
	s := brokertest.Run(t)
	f := newFake(t, s)
	o := committed(7)
	o.Applied = true
	f.statuses(o)
	r := order("k")
	r.Wait = txwire.WaitApplied
	answer := submit(t.Context(), newClient(t, s.Connect(t)), r)
	f.answer(f.next(), txwire.Outcome{Status: txwire.StatusPending, ID: id(7)})
	if got := <-answer; got.err != nil || got.o.Status != txwire.StatusCommitted || !got.o.Applied {
		t.Errorf("got %+v, %v", got.o, got.err)
	}
}

// What is not committed is not reported so, and nobody is asked on behalf of a
// submission that waits for the decision alone.
func TestNotCommittedNotApplied(t *testing.T) {
	s := brokertest.Run(t)
	f := newFake(t, s)
	asked := f.statuses(txwire.Outcome{Status: txwire.StatusPending, ID: id(7)})
	client := newClient(t, s.Connect(t))
	for _, wait := range []txwire.Wait{txwire.WaitApplied, txwire.WaitDecided} {
		r := order("k")
		r.Wait = wait
		ctx, cancel := context.WithCancel(t.Context())
		answer := submit(ctx, client, r)
		first := f.next()
		f.answer(first, txwire.Outcome{Status: txwire.StatusPending, ID: id(7)})
		if wait == txwire.WaitApplied {
			<-asked
			f.answer(first, txwire.Outcome{Status: txwire.StatusPending, ID: id(7)})
			<-asked
		}
		cancel()
		if got := <-answer; got.err == nil || got.o.Status != txwire.StatusUnknown || got.o.Applied {
			t.Errorf("%s: got %+v, %v, want unknown", wait, got.o, got.err)
		}
	}
	if len(asked) > 0 {
		t.Error("a submission that waits for the decision asked for it")
	}
}
