package main

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"parley/broker/brokertest"
	"parley/internal/streams"
	"parley/wire"
)

// idle is a role that does nothing.
type idle struct{}

func (idle) Ready() <-chan struct{}        { return nil }
func (idle) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// spoken is a log whose lines can be waited for.
type spoken chan string

func (s spoken) Write(line []byte) (int, error) {
	s <- string(line)
	return len(line), nil
}

func (s spoken) await(t *testing.T, want string) {
	t.Helper()
	select {
	case line := <-s:
		if !strings.Contains(line, want) {
			t.Fatalf("the role says %q, want %q", line, want)
		}
	case <-t.Context().Done():
	}
}

// A broker that is away when a role starts is not accused of not syncing, and
// is asked again when it is back.
func TestDurabilityIsAskedAgain(t *testing.T) {
	t.Parallel()
	c := brokertest.RunCluster(t, 3)
	nc, stream := c.Connect(t), wire.TxLog()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := streams.Ensure(t.Context(), js, stream, 3); err != nil {
		t.Fatal(err)
	}
	away := (c.StreamLeader(t, stream.Name) + 1) % 3
	c.KillNode(away)
	g, err := stand(t.Context(), nc, stream, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	lines := make(spoken, 16)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- warned{idle{}, g, stream, slog.New(slog.NewTextHandler(lines, nil))}.Run(ctx) }()
	lines.await(t, "DURABILITY IS NOT KNOWN")
	c.RestartNode(t, away)
	lines.await(t, "durability is synced")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
