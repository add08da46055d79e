package coordinator_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/coordinator"
	"parley/coordinator/machine"
	"parley/coordinator/txclient"
	"parley/internal/hooks"
	"parley/internal/streams"
	"parley/wire"
	"parley/wire/txwire"

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
	p.drain()
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
	for r.Key = "mail"; ; {
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
	_, err := newClient(t, s.Connect(t)).Submit(t.Context(), orderWithEvents("k1"))
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
	first.nc.Close()
	close(hang)
	first.kill()
	s.coordinator(t, coordinator.Config{})
	for _, m := range s.awaitEvents(t, "ORDERS", 2) {
		if !strings.HasPrefix(m.Header.Get(jetstream.MsgIDHeader), m.Header.Get(txwire.HeaderTx)+".") {
			t.Errorf("the event has the headers %v", m.Header)
		}
	}
}

// state waits until the coordinators' reports satisfy a condition.
func state(t *testing.T, c *txclient.Client, what string, ok func(txwire.CoordinatorState) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		all, err := c.Coordinators(ctx)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if slices.ContainsFunc(all, ok) {
			return
		}
	}
}

// A stream that vanishes after the commit delays neither the answer nor a participant;
// the event is kept, reported, and published when a stream of that name takes its
// subject again. Other streams are not affected.
func TestStreamVanishes(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.createStream(t, orders())
	s.createStream(t, jetstream.StreamConfig{Name: "MAIL", Subjects: []string{"mail.>"}})
	nc := s.Connect(t)
	newFake(t, nc, "inventory")
	newFake(t, nc, "delivery")
	cfg := coordinator.Config{EventSubjects: []string{"orders.>", "mail.>"}, Limits: machine.DefaultLimits()}
	cfg.Limits.Backlog = 4096
	s.coordinator(t, cfg)
	client := newClient(t, nc)
	send := func(key, subject string) (txwire.Outcome, error) {
		r := order(key)
		r.Wait = txwire.WaitApplied
		r.Events = []txwire.Event{{Subject: subject}}
		return client.Submit(t.Context(), r)
	}
	if o, err := send("k0", "orders.a"); err != nil || !o.Applied {
		t.Fatalf("got %+v, %v", o, err)
	}
	s.awaitEvents(t, "ORDERS", 1)
	if err := s.js.DeleteStream(t.Context(), "ORDERS"); err != nil {
		t.Fatal(err)
	}
	// The streams are known for a while, so these are accepted.
	for _, key := range []string{"k1", "k2"} {
		if o, err := send(key, "orders.a"); err != nil || !o.Applied {
			t.Fatalf("without its stream: got %+v, %v", o, err)
		}
	}
	state(t, client, "the report", func(c txwire.CoordinatorState) bool {
		return c.Unpublished == 2 && strings.Contains(c.Problem, "no stream takes its subject any more") && c.Unfinished == 2 &&
			len(c.Txs) == 2 && slices.Equal(c.Txs[0].Unpublished, []int{0})
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	r := order("k3")
	r.Events = []txwire.Event{{Subject: "orders.a"}}
	if _, err := client.Submit(ctx, r); err == nil || !strings.Contains(err.Error(), "ORDERS") && !strings.Contains(err.Error(), "no JetStream stream") {
		t.Errorf("beyond the backlog: %v", err)
	}
	if o, err := send("k4", "mail.a"); err != nil || !o.Applied {
		t.Fatalf("to another stream: got %+v, %v", o, err)
	}
	s.awaitEvents(t, "MAIL", 1)
	// Another stream that takes the subject does not count.
	s.createStream(t, jetstream.StreamConfig{Name: "OTHER", Subjects: []string{"orders.>"}})
	state(t, client, "the report with another stream", func(c txwire.CoordinatorState) bool {
		return c.Unpublished == 2 && strings.Contains(c.Problem, "expected stream does not match")
	})
	if err := s.js.DeleteStream(t.Context(), "OTHER"); err != nil {
		t.Fatal(err)
	}
	s.createStream(t, orders())
	s.awaitEvents(t, "ORDERS", 2)
	state(t, client, "the report in the end", func(c txwire.CoordinatorState) bool {
		return c.Unpublished == 0 && c.Unfinished == 0 && c.Published == 4
	})
}

// An operator gives up an event whose stream is gone: the transaction is finished, the
// record stays, also for a coordinator that starts later, and its status names it.
func TestEventIsGivenUp(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	if _, _, err := streams.Ensure(t.Context(), s.js, txwire.JournalStream(), 1); err != nil {
		t.Fatal(err)
	}
	s.createStream(t, orders())
	nc := s.Connect(t)
	newFake(t, nc, "inventory")
	newFake(t, nc, "delivery")
	// The stream is deleted between the append and the event.
	first := s.coordinator(t, eventsAllowed(), hooks.Hooks{Step: func(point string) {
		if point == coordinator.StepAppendAfter {
			_ = s.js.DeleteStream(context.Background(), "ORDERS")
		}
	}})
	client := newClient(t, nc)
	r := order("k1")
	r.Events = []txwire.Event{{Subject: "orders.a"}}
	o, err := client.Submit(t.Context(), r)
	if err != nil || o.Status != txwire.StatusCommitted {
		t.Fatalf("got %+v, %v", o, err)
	}
	state(t, client, "the report", func(c txwire.CoordinatorState) bool { return c.Unpublished == 1 && c.Problem != "" })
	index, other := 0, 1
	if _, err := client.Abandon(t.Context(), txwire.Abandon{ID: o.ID, Event: &other, Reason: "lost", By: "ada"}); wire.CodeOf(err) != wire.CodeNotFound {
		t.Errorf("an event that it has not: %v", err)
	}
	first.kill()
	s.coordinator(t, eventsAllowed())
	state(t, client, "the report of who adopts it", func(c txwire.CoordinatorState) bool { return c.Unpublished == 1 && c.Problem != "" })
	for range 2 {
		record, err := client.Abandon(t.Context(), txwire.Abandon{ID: o.ID, Event: &index, Reason: "lost", By: "ada"})
		if err != nil || record.Event == nil || *record.Event != 0 || record.By != "ada" {
			t.Fatalf("got %+v, %v", record, err)
		}
	}
	state(t, client, "the report in the end", func(c txwire.CoordinatorState) bool {
		return c.Unfinished == 0 && c.Unpublished == 0 && len(c.Adopted) == 0
	})
	if o, err := client.Status(t.Context(), o.ID); err != nil || len(o.Abandoned) != 1 || o.Abandoned[0].Event == nil {
		t.Errorf("its status is %+v, %v", o, err)
	}
}

// An idle owner names published events in its log within a second or two, so that the
// one that adopts it publishes nothing again, although the stream has forgotten their
// Nats-Msg-Id by then and a participant has not acknowledged the commit.
func TestPublishedEventsAreNotRepeated(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	cfg := orders()
	cfg.Duplicates = 100 * time.Millisecond
	s.createStream(t, cfg)
	nc, other := s.Connect(t), s.Connect(t)
	newFake(t, nc, "inventory")
	newFake(t, other, "delivery")
	first := s.coordinator(t, eventsAllowed(), hooks.Hooks{Step: func(point string) {
		if point == coordinator.StepAppendAfter {
			other.Close() // delivery does not learn of the commit
		}
	}})
	client := newClient(t, nc)
	o, err := client.Submit(t.Context(), orderWithEvents("k1"))
	if err != nil || o.Status != txwire.StatusCommitted {
		t.Fatalf("got %+v, %v", o, err)
	}
	s.awaitEvents(t, "ORDERS", 2)
	s.awaitSettled(t, o.ID)
	first.kill()
	s.coordinator(t, coordinator.Config{DrainTimeout: 100 * time.Millisecond})
	state(t, client, "the report of who adopts it", func(c txwire.CoordinatorState) bool {
		return slices.ContainsFunc(c.Txs, func(tx txwire.Info) bool {
			return tx.ID == o.ID && len(tx.Unpublished) == 0 && slices.Equal(tx.Waiting, []string{"delivery"})
		})
	})
	s.awaitEvents(t, "ORDERS", 2)
}

// awaitSettled waits until a record of its log names both events of a transaction as
// settled.
func (s *harness) awaitSettled(t *testing.T, id txwire.ID) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	consumer, err := s.js.OrderedConsumer(ctx, txwire.LogStream().Name, jetstream.OrderedConsumerConfig{FilterSubjects: []string{txwire.LogSubject(id.Log)}})
	if err != nil {
		t.Fatal(err)
	}
	for settled := 0; settled < 2; {
		msg, err := consumer.Next(jetstream.FetchContext(ctx))
		if err != nil {
			t.Fatalf("%d of 2 events are settled: %v", settled, err)
		}
		for _, e := range decode[txwire.Record](t, msg.Data()).Settled {
			if e.N == id.N {
				settled += len(e.Indexes)
			}
		}
	}
}
