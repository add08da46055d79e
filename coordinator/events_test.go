package coordinator_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/coordinator"
	"parley/coordinator/txclient"
	"parley/internal/hooks"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// eventsAllowed is a coordinator's configuration that allows events on orders.>.
func eventsAllowed() coordinator.Config {
	return coordinator.Config{EventSubjects: []string{"orders.>"}}
}

func (s *harness) createStream(t *testing.T, cfg jetstream.StreamConfig) {
	t.Helper()
	if _, err := s.js.CreateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
}

func orders() jetstream.StreamConfig {
	return jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.>"}}
}

// awaitEvents returns the first messages of a stream once it has that many, and fails
// the test if it has others.
func (s *harness) awaitEvents(t *testing.T, stream string, n int) (all []*jetstream.RawStreamMsg) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	consumer, err := s.js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	st, err := s.js.Stream(ctx, stream)
	if err != nil {
		t.Fatal(err)
	}
	for len(all) < n {
		if _, err := consumer.Next(jetstream.FetchContext(ctx)); err != nil {
			t.Fatalf("%d of %d events: %v", len(all), n, err)
		}
		raw, err := st.GetMsg(ctx, uint64(len(all)+1))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, raw)
	}
	info, err := st.Info(ctx)
	if err != nil || info.State.Msgs != uint64(n) {
		t.Fatalf("%v events, want %d: %v", info.State.Msgs, n, err)
	}
	return all
}

func orderWithEvents(key string) txclient.Request {
	r := order(key)
	r.Events = []txwire.Event{
		{Subject: "orders.placed." + key, Data: []byte(`{"order":1}`), Headers: []txwire.EventHeader{{Name: "Content-Type", Value: "application/json"}, {Name: "X", Value: "1"}, {Name: "X", Value: "2"}}},
		{Subject: "orders.mail", Data: []byte{0, 1, 255}},
	}
	return r
}

// A commit publishes its events once, with the transaction in their headers; a repeated
// submission and an abort publish nothing. A drained coordinator leaves nothing behind.
func TestEvents(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.createStream(t, orders())
	nc := s.Connect(t)
	inventory := newFake(t, nc, "inventory")
	newFake(t, nc, "delivery")
	p := s.coordinator(t, eventsAllowed())
	client := newClient(t, nc)
	var o txwire.Outcome
	for range 2 {
		var err error
		if o, err = client.Submit(t.Context(), orderWithEvents("k1")); err != nil || o.Status != txwire.StatusCommitted {
			t.Fatalf("got %+v, %v", o, err)
		}
	}
	other := orderWithEvents("k1")
	other.Events[1].Data = nil
	if _, err := client.Submit(t.Context(), other); wire.CodeOf(err) != wire.CodeConflict {
		t.Errorf("the same key with other events: %v", err)
	}
	inventory.set(func(f *fake) { f.refuse = "sold out" })
	if o, err := client.Submit(t.Context(), orderWithEvents("k2")); err != nil || o.Status != txwire.StatusAborted {
		t.Fatalf("got %+v, %v", o, err)
	}
	p.Drain()
	if logs := s.logs(t); len(logs) != 0 {
		t.Errorf("a drained coordinator left the logs %v", logs)
	}
	all := s.awaitEvents(t, "ORDERS", 2)
	if m := all[0]; m.Subject != "orders.placed.k1" || string(m.Data) != `{"order":1}` || m.Header.Get("Content-Type") != "application/json" ||
		!slices.Equal(m.Header.Values("X"), []string{"1", "2"}) || m.Header.Get(txwire.HeaderTx) != o.ID.String() ||
		m.Header.Get(jetstream.MsgIDHeader) != txwire.EventMsgID(o.ID, 0) {
		t.Errorf("the event is %s %q %v", m.Subject, m.Data, m.Header)
	}
	if m := all[1]; m.Subject != "orders.mail" || string(m.Data) != "\x00\x01\xff" || m.Header.Get(jetstream.MsgIDHeader) != txwire.EventMsgID(o.ID, 1) {
		t.Errorf("the event is %s %q %v", m.Subject, m.Data, m.Header)
	}
}

// What may not be published is refused before anything is started, with what to do.
func TestRefusedEvents(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.createStream(t, orders())
	s.createStream(t, jetstream.StreamConfig{Name: "SMALL", Subjects: []string{"small.*"}, MaxMsgSize: 1024})
	s.createStream(t, jetstream.StreamConfig{Name: "DEAF", Subjects: []string{"deaf"}, NoAck: true})
	nc := s.Connect(t)
	s.coordinator(t, coordinator.Config{EventSubjects: []string{"orders.>", "small.*", "deaf", "mail.>"}})
	client := newClient(t, nc)
	for _, c := range []struct {
		event txwire.Event
		parts []string
	}{
		{txwire.Event{Subject: "invoices.new"}, []string{"events[0]", "invoices.new", "orders.>", "--event-subjects"}},
		{txwire.Event{Subject: "small.a.b"}, []string{"small.a.b", "small.*", "--event-subjects"}},
		{txwire.Event{Subject: "orders"}, []string{`"orders"`, "--event-subjects"}},
		{txwire.Event{Subject: "mail.send"}, []string{"no JetStream stream", "mail.send"}},
		{txwire.Event{Subject: "small.a", Data: make([]byte, 1000)}, []string{"SMALL", "1024", "max_msg_size"}},
		{txwire.Event{Subject: "deaf"}, []string{"DEAF", "no_ack"}},
		{txwire.Event{Subject: "tx.log.x"}, []string{"tx.log.x", "Parley's own"}},
		{txwire.Event{Subject: "$JS.ACK.x"}, []string{"$JS.ACK.x"}},
		{txwire.Event{Subject: "orders.x", Headers: []txwire.EventHeader{{Name: "Nats-Rollup", Value: "all"}}}, []string{"Nats-Rollup", "reserved"}},
	} {
		r := order("")
		r.Events = []txwire.Event{c.event}
		o, err := client.Submit(t.Context(), r)
		if wire.CodeOf(err) != wire.CodeInvalid || o.Status != txwire.StatusRejected {
			t.Errorf("%s: got %+v, %v", c.event.Subject, o, err)
			continue
		}
		for _, part := range c.parts {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not name %q", c.event.Subject, err, part)
			}
		}
	}
	for _, bad := range []string{"", ">", "*.x", "$SYS.>", "_INBOX.>", "tx.>", "orders.>.x", "a..b", "id"} {
		if _, err := coordinator.New(coordinator.Config{EventSubjects: []string{bad}}, coordinator.Deps{NATS: nc}); err == nil {
			t.Errorf("a coordinator may publish events on %q", bad)
		}
	}
	// A stream that is created a moment later is found.
	newFake(t, nc, "inventory")
	newFake(t, nc, "delivery")
	s.createStream(t, jetstream.StreamConfig{Name: "MAIL", Subjects: []string{"mail.>"}})
	r := order("")
	r.Events = []txwire.Event{{Subject: "mail.send"}}
	for {
		o, err := client.Submit(t.Context(), r)
		if err == nil && o.Status == txwire.StatusCommitted {
			break
		}
		if !strings.Contains(err.Error(), "no JetStream stream") {
			t.Fatalf("got %+v, %v", o, err)
		}
	}
	s.awaitEvents(t, "MAIL", 1)
}

// A coordinator without a list of subjects refuses events, and names the flag.
func TestEventsAreOffByDefault(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.createStream(t, orders())
	s.coordinator(t, coordinator.Config{})
	r := orderWithEvents("k1")
	r.Key = "" // a new one
	_, err := newClient(t, s.Connect(t)).Submit(t.Context(), r)
	if wire.CodeOf(err) != wire.CodeInvalid || !strings.Contains(err.Error(), "allowed are none (`--event-subjects`") {
		t.Errorf("got %v", err)
	}
}

// A coordinator is killed between the append and its events: another one, which may
// publish no new events, publishes them, once.
func TestEventsOfAKilledCoordinator(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.createStream(t, orders())
	nc := s.Connect(t)
	newFake(t, nc, "inventory")
	newFake(t, nc, "delivery")
	appended, hang := make(chan struct{}), make(chan struct{})
	var once sync.Once
	first := s.coordinator(t, eventsAllowed(), hooks.Hooks{Step: func(point string) {
		if point == coordinator.StepAppendAfter {
			once.Do(func() { close(appended); <-hang })
		}
	}})
	submit(t, newClient(t, nc), orderWithEvents("k1"))
	<-appended
	first.NATS.Close()
	close(hang)
	first.Kill()
	s.coordinator(t, coordinator.Config{})
	for _, m := range s.awaitEvents(t, "ORDERS", 2) {
		if !strings.HasPrefix(m.Header.Get(jetstream.MsgIDHeader), m.Header.Get(txwire.HeaderTx)+".") {
			t.Errorf("the event has the headers %v", m.Header)
		}
	}
}

// A submission whose key committed before, and whose events are not allowed any more, is
// not refused for good: that would read as if nothing had been done.
func TestRefusedEventsOfUsedKey(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	nc := s.Connect(t)
	for _, name := range []string{"inventory", "delivery"} {
		sub, err := nc.Subscribe(txwire.SubjectBranches, func(msg *nats.Msg) {
			answer := txwire.Branches{V: wire.Version, Participant: name, Journal: journal(name)}
			if q := decode[txwire.BranchQuery](t, msg.Data); q.Key == "used" {
				answer.Branches = []txwire.BranchInfo{{ID: txwire.ID{Log: journal(name), N: 1}, Key: q.Key, State: txwire.BranchCommitted}}
			}
			_ = msg.Respond(wire.Encode(answer))
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = sub.Unsubscribe() })
	}
	s.coordinator(t, coordinator.Config{})
	if o := requestSubmit(t, nc, orderWithEvents("new")); o.Code != wire.CodeInvalid || o.Key != "new" {
		t.Errorf("a new key: %+v", o)
	}
	if o := requestSubmit(t, nc, orderWithEvents("used")); o.Status != txwire.StatusRejected || o.Code != wire.CodeUnavailable || !strings.Contains(o.Reason, "--event-subjects") {
		t.Errorf("a used key: %+v", o)
	}
}
