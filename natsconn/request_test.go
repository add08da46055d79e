package natsconn_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/natsconn"

	"github.com/nats-io/nats.go"
)

// Gather passes on every answer until each returns false or the context ends, and
// reports a subject without subscribers.
func TestGather(t *testing.T) {
	s := brokertest.Run(t)
	nc := s.Connect(t)
	for _, name := range []string{"a", "b"} {
		if _, err := nc.Subscribe("names", func(m *nats.Msg) { _ = m.Respond([]byte(name)) }); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	collect := func(n int) func(*nats.Msg) bool {
		names = nil
		return func(m *nats.Msg) bool {
			names = append(names, string(m.Data))
			return len(names) < n
		}
	}
	if err := natsconn.Gather(t.Context(), nc, "names", nil, collect(2)); err != nil {
		t.Fatal(err)
	}
	if slices.Sort(names); !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("gathered %q", names)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := natsconn.Gather(ctx, nc, "names", nil, collect(3)); err != nil || len(names) != 2 {
		t.Errorf("until the context ended: %q, %v", names, err)
	}
	if err := natsconn.Gather(t.Context(), nc, "unknown", nil, collect(1)); !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("without a subscriber: %v", err)
	}
	if msg, err := natsconn.Request(ctx, nc, "names", nil); msg != nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a request after its context ended: %v, %v", msg, err)
	}
}
