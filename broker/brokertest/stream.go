package brokertest

import (
	"context"
	"testing"

	"parley/internal/streams"
	"parley/wire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// JetStream returns the JetStream of a connection.
func JetStream(t testing.TB, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatalf("brokertest: %v", err)
	}
	return js
}

// Stream creates a stream unless it exists, and returns the JetStream of the connection
// and the stream's incarnation.
func Stream(t testing.TB, nc *nats.Conn, spec wire.StreamSpec, replicas int) (js jetstream.JetStream, incarnation string) {
	t.Helper()
	js = JetStream(t, nc)
	ctx, cancel := context.WithTimeout(t.Context(), StartTimeout)
	defer cancel()
	incarnation, _, err := streams.Ensure(ctx, js, spec, replicas)
	if err != nil {
		t.Fatalf("brokertest: creating stream %s: %v", spec.Name, err)
	}
	return js, incarnation
}
