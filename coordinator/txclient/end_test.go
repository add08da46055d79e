package txclient_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/coordinator/txclient"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// A wrong request is refused here, with the coordinator's own words, and is
// never sent.
func TestWrongRequests(t *testing.T) {
	s := brokertest.Run(t)
	f := newFake(t, s)
	client := newClient(t, s.Connect(t))
	twice := order("k")
	twice.Branches = append(twice.Branches, twice.Branches[0])
	large := order("k")
	large.Branches[0].Payload = []byte(`"` + strings.Repeat("x", txwire.MaxPayload) + `"`)
	for _, c := range []struct {
		what string
		r    txclient.Request
		part string
	}{
		{"no branches", txclient.Request{Key: "k"}, "branches is empty"},
		{"twice", twice, "both name"},
		{"a large payload", large, "4098"},
		{"no JSON", txclient.Request{Key: "k", Branches: []txwire.Branch{{Participant: "inventory", Payload: []byte("hello")}}}, `branches[0]: payload is not JSON: "hello"`},
		{"a long key", order(strings.Repeat("k", 200)), "200"},
		{"too long", txclient.Request{Branches: order("").Branches, Timeout: 2 * time.Hour}, "7200000"},
		{"negative", txclient.Request{Branches: order("").Branches, Timeout: -time.Second}, "-1000"},
		{"another wait", txclient.Request{Branches: order("").Branches, Wait: "later"}, "later"},
	} {
		o, err := client.Submit(t.Context(), c.r)
		if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != wire.CodeInvalid || !strings.Contains(e.Text, c.part) {
			t.Errorf("%s: got %v, want invalid, naming %q", c.what, err, c.part)
		}
		if o.Status != txwire.StatusRejected || o.Key == "" {
			t.Errorf("%s: the outcome is %+v", c.what, o)
		}
	}
	if _, err := client.Branches(t.Context(), "A.>", txwire.BranchQuery{}); wire.CodeOf(err) != wire.CodeInvalid {
		t.Errorf("branches of a participant with a wrong name: %v", err)
	}
	for what, ask := range map[string]func() error{
		"the status of no transaction": func() error { _, err := client.Status(t.Context(), txwire.ID{}); return err },
		"the outcome of none":          func() error { _, err := client.Resolve(t.Context(), txwire.Resolve{}); return err },
		"branches with a strange key": func() error {
			_, err := client.Branches(t.Context(), "inventory", txwire.BranchQuery{Key: "a\nb"})
			return err
		},
		"all of them": func() error {
			_, err := client.AllBranches(t.Context(), txwire.BranchQuery{Key: strings.Repeat("k", 200)})
			return err
		},
	} {
		if err := ask(); wire.CodeOf(err) != wire.CodeInvalid {
			t.Errorf("%s: %v, want invalid", what, err)
		}
	}
	if len(f.tries) > 0 {
		t.Errorf("%d of them were sent", len(f.tries))
	}
}

// A time-out that is shorter than a millisecond is not the default one.
func TestShortestTimeout(t *testing.T) {
	s := brokertest.Run(t)
	f := newFake(t, s)
	r := order("k")
	r.Timeout = time.Microsecond
	answer := submit(t.Context(), newClient(t, s.Connect(t)), r)
	got := f.next()
	f.answer(got, committed(1))
	<-answer
	if got.TimeoutMS != 1 {
		t.Errorf("asked for %d ms", got.TimeoutMS)
	}
}

// Definite answers end a submission at once.
func TestDefiniteAnswers(t *testing.T) {
	s := brokertest.Run(t)
	f := newFake(t, s)
	client := newClient(t, s.Connect(t))
	for _, code := range []wire.Code{wire.CodeInvalid, wire.CodeTooLarge, wire.CodeVersion, wire.CodeConflict} {
		answer := submit(t.Context(), client, order("k"))
		f.answer(f.next(), rejected(code))
		if r := <-answer; wire.CodeOf(r.err) != code || errors.Is(r.err, txclient.ErrUnknown) || r.o.Key != "k" {
			t.Errorf("%s: got %+v, %v", code, r.o, r.err)
		}
	}
	answer := submit(t.Context(), client, order("k"))
	f.answer(f.next(), txwire.Outcome{Status: txwire.StatusAborted, ID: id(1), Code: wire.CodeRefused, Reason: "sold out", Participant: "inventory"})
	if r := <-answer; r.err != nil || r.o.Status != txwire.StatusAborted || r.o.Reason != "sold out" || r.o.Key != "k" {
		t.Errorf("got %+v, %v", r.o, r.err)
	}
}

// A coordinator, of another release perhaps, that cannot read a repeated
// submission proves nothing about the earlier attempt: that one may commit. Only a
// conflict is the last word on the key. (Saying "nothing was done" here makes a
// caller order again.)
func TestRefusalAfterAnEarlierTry(t *testing.T) {
	s := brokertest.Run(t)
	f := newFake(t, s)
	client := newClient(t, s.Connect(t))
	for _, code := range []wire.Code{wire.CodeInvalid, wire.CodeTooLarge, wire.CodeVersion} {
		answer := submit(t.Context(), client, order("k"))
		f.answer(f.next(), txwire.Outcome{Status: txwire.StatusUnknown, ID: id(1)})
		f.answer(f.next(), rejected(code))
		f.answer(f.next(), committed(1))
		if r := <-answer; r.err != nil || r.o.ID != id(1) {
			t.Errorf("%s: got %+v, %v", code, r.o, r.err)
		}
	}
	answer := submit(t.Context(), client, order("k"))
	f.answer(f.next(), txwire.Outcome{Status: txwire.StatusUnknown, ID: id(1)})
	f.answer(f.next(), rejected(wire.CodeConflict))
	if r := <-answer; wire.CodeOf(r.err) != wire.CodeConflict {
		t.Errorf("conflict: got %+v, %v", r.o, r.err)
	}
}

// The context ends: what may have arrived is unknown, with its key; what
// reached nobody was not started, and returns that.
func TestContextEnds(t *testing.T) {
	s := brokertest.Run(t)
	f := newFake(t, s)
	client := newClient(t, s.Connect(t))
	cause := errors.New("the user went away")

	ctx, cancel := context.WithCancelCause(t.Context())
	answer := submit(ctx, client, order(""))
	first := f.next()
	f.answer(first, txwire.Outcome{Status: txwire.StatusUnknown, ID: id(1), Code: wire.CodeFenced, Reason: "the log was sealed"})
	f.next()
	cancel(cause)
	r := <-answer
	if !errors.Is(r.err, txclient.ErrUnknown) || !errors.Is(r.err, cause) || !strings.Contains(r.err.Error(), "the log was sealed") {
		t.Errorf("got %v, want unknown, its cause and the last reason", r.err)
	}
	if r.o.Status != txwire.StatusUnknown || r.o.Key != first.Key || r.o.ID != id(1) {
		t.Errorf("the outcome is %+v, want unknown with the key %s", r.o, first.Key)
	}

	ctx, cancel = context.WithCancelCause(t.Context())
	answer = submit(ctx, client, order("k"))
	f.answer(f.next(), rejected(wire.CodeBusy))
	f.answer(f.next(), rejected(wire.CodeBusy))
	// Between tries, so that none is under way.
	waiting := time.NewTimer(10 * time.Millisecond)
	defer waiting.Stop()
	<-waiting.C
	cancel(cause)
	r = <-answer
	if len(f.tries) == 0 && (wire.CodeOf(r.err) != wire.CodeUnavailable || errors.Is(r.err, txclient.ErrUnknown) || r.o.Status != txwire.StatusRejected || r.o.Key != "k") {
		t.Errorf("busy until the end: got %+v, %v, want unavailable", r.o, r.err)
	}

	ctx, cancel = context.WithCancelCause(t.Context())
	cancel(cause)
	for len(f.tries) > 0 {
		<-f.tries
	}
	o, err := client.Submit(ctx, order("never"))
	if wire.CodeOf(err) != wire.CodeUnavailable || errors.Is(err, txclient.ErrUnknown) || o.Key != "never" {
		t.Errorf("ended before it began: got %+v, %v, want unavailable", o, err)
	}
	if len(f.tries) > 0 {
		t.Error("a submission whose context had ended was sent")
	}
}

// No broker, and then no connection any more.
func TestNoBroker(t *testing.T) {
	s := brokertest.Run(t)
	nc := s.Connect(t)
	client := newClient(t, nc)
	gone := nc.StatusChanged(nats.RECONNECTING)
	s.Kill()
	<-gone
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	o, err := client.Submit(ctx, order("k"))
	if wire.CodeOf(err) != wire.CodeUnavailable || !strings.Contains(err.Error(), "broker") || o.Key != "k" {
		t.Errorf("without a broker: got %+v, %v", o, err)
	}
	nc.Close()
	o, err = client.Submit(t.Context(), order("k"))
	if wire.CodeOf(err) != wire.CodeUnavailable || !strings.Contains(err.Error(), "closed") || o.Key != "k" {
		t.Errorf("without a connection: got %+v, %v", o, err)
	}
}

// The connection is closed while an answer is awaited: unknown, and the text
// has no hole where the context's error would be.
func TestConnectionClosedUnderWay(t *testing.T) {
	t.Parallel()
	s := brokertest.Run(t)
	f := newFake(t, s)
	nc := s.Connect(t)
	answer := submit(t.Context(), newClient(t, nc), order("k"))
	first := f.next()
	f.answer(first, txwire.Outcome{Status: txwire.StatusPending, ID: id(1)})
	nc.Close()
	r := <-answer
	if !errors.Is(r.err, txclient.ErrUnknown) || strings.Contains(fmt.Sprint(r.err), "%!") || r.o.Key != "k" {
		t.Errorf("got %+v, %v", r.o, r.err)
	}
}
