package streams_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"parley/broker/brokertest"
	"parley/internal/streams"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go/jetstream"
)

// spoken is a log handler's output whose lines a test can wait for.
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
			t.Fatalf("the log has %q, want %q", line, want)
		}
	case <-t.Context().Done():
	}
}

// A broker that does not respond when a role starts is not reported as one that does
// not sync, and the durability is determined again when it responds.
func TestDurabilityIsAskedAgain(t *testing.T) {
	t.Parallel()
	c := brokertest.RunCluster(t, 3)
	nc, stream := c.Connect(t), txwire.LogStream()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := streams.Ensure(t.Context(), js, stream, 3); err != nil {
		t.Fatal(err)
	}
	away := (c.StreamLeader(t, stream.Name) + 1) % 3
	c.KillNode(away)
	lines := make(spoken, 16)
	b, err := streams.Bind(t.Context(), nc, stream, slog.New(slog.NewTextHandler(lines, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); b.WarnDurability(ctx) }()
	lines.await(t, "DURABILITY IS NOT KNOWN")
	c.RestartNode(t, away)
	lines.await(t, "durability is synced")
	<-ended
	cancel()
}

// A bound stream that was deleted or recreated is detected.
func TestBindingNoticesAnotherStream(t *testing.T) {
	t.Parallel()
	s := brokertest.Run(t)
	nc, stream := s.Connect(t), txwire.LogStream()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := streams.Ensure(t.Context(), js, stream, 1); err != nil {
		t.Fatal(err)
	}
	b, err := streams.Bind(t.Context(), nc, stream, slog.New(slog.DiscardHandler))
	if err != nil || b.Durability.Durability != streams.Synced {
		t.Fatalf("%+v, %v", b, err)
	}
	if _, err := b.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if err := js.DeleteStream(t.Context(), stream.Name); err != nil {
		t.Fatal(err)
	}
	for _, missing := range []bool{true, false} {
		_, err := b.CheckOnce(t.Context())
		if bad, is := errors.AsType[*streams.Error](err); !is || bad.Missing != missing {
			t.Errorf("the error is %v, want Missing to be %v", err, missing)
		}
		if _, _, err := streams.Ensure(t.Context(), js, stream, 1); err != nil {
			t.Fatal(err)
		}
	}
}
