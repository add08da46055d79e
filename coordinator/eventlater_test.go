package coordinator_test

import (
	"context"
	"slices"
	"strings"
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
	first.Kill()
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
	first.Kill()
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
