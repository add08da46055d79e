package streams_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/internal/streams"

	"github.com/nats-io/nats.go/jetstream"
)

// List returns every stream that takes a subject of the filter, also when they do not
// fit one answer of the broker.
func TestList(t *testing.T) {
	ctx, nc := testContext(t), brokertest.Run(t).Connect(t)
	js := newJS(t, nc)
	const many = 300 // an answer has 256
	for n := range many {
		if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: fmt.Sprintf("S%d", n), Subjects: []string{fmt.Sprintf("many.%d", n)}, Storage: jetstream.MemoryStorage}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.*", "o.>"}, MaxMsgSize: 77}); err != nil {
		t.Fatal(err)
	}
	for filter, want := range map[string]int{"many.>": many, "many.7": 1, "orders.>": 1, "orders.new": 1, "o.a.b": 1, "orders.a.b": 0, "other.>": 0} {
		all, err := streams.List(ctx, nc, filter)
		if err != nil || len(all) != want {
			t.Errorf("%d streams take %s, want %d: %v", len(all), filter, want, err)
		}
		if filter == "orders.>" && (all[0].Name != "ORDERS" || all[0].MaxMsgSize != 77 || len(all[0].Subjects) != 2) {
			t.Errorf("the configuration is %+v", all[0])
		}
	}
}

// A list that lacks a stream, whose only broker is dead, is an error that names it, and
// not a list without it.
func TestListLacksStream(t *testing.T) {
	ctx, c := testContext(t), brokertest.RunCluster(t, 3)
	nc := c.Connect(t)
	js := newJS(t, nc)
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.>"}, Replicas: 1}); err != nil {
		t.Fatal(err)
	}
	if all, err := streams.List(ctx, nc, "orders.>"); err != nil || len(all) != 1 {
		t.Fatalf("got %v, %v", all, err)
	}
	c.KillNode(c.StreamLeader(t, "ORDERS"))
	list := func() ([]jetstream.StreamConfig, error) {
		// A request is lost if it arrives while the brokers elect a leader.
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		return streams.List(ctx, nc, "orders.>")
	}
	for {
		all, err := list()
		if err == nil && len(all) == 0 {
			t.Fatal("the stream is not listed, and does exist")
		}
		if err != nil && strings.Contains(err.Error(), "do not answer at the moment: ORDERS") {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("got %v, %v", all, err)
		}
	}
}
