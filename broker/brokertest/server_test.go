package brokertest_test

import (
	"context"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/internal/streams"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*brokertest.StartTimeout)
	t.Cleanup(cancel)
	return ctx
}

// What was acknowledged before a kill is there after the restart, and a client
// that was connected comes back by itself.
func TestRestartKeepsPortAndData(t *testing.T) {
	s := brokertest.Run(t)
	nc := s.Connect(t)
	ctx := testContext(t)
	spec := txwire.LogStream()
	js, incarnation := brokertest.Stream(t, nc, spec, 1)
	if _, err := js.Publish(ctx, txwire.LogSubject("aaaaaaaaaaaaaaaa"), []byte("x")); err != nil {
		t.Fatal(err)
	}
	back := nc.StatusChanged(nats.CONNECTED)
	url := s.URL()
	s.Kill()
	if _, err := nats.Connect(url, nats.Timeout(time.Second)); err == nil {
		t.Fatal("a killed server still takes connections")
	}
	s.Restart(t)
	if s.URL() != url {
		t.Errorf("the server moved from %s to %s", url, s.URL())
	}
	select {
	case <-back:
	case <-ctx.Done():
		t.Fatal("the client did not reconnect")
	}
	info, err := streams.Check(ctx, js, spec)
	if err != nil {
		t.Fatal(err)
	}
	if info.Incarnation != incarnation || info.Messages != 1 {
		t.Errorf("after the restart: incarnation %s with %d messages, want %s with 1", info.Incarnation, info.Messages, incarnation)
	}
}

func TestClusterSurvivesStepDownAndNodeLoss(t *testing.T) {
	c := brokertest.RunCluster(t, 3)
	ctx := testContext(t)
	spec := txwire.LogStream()
	js, incarnation := brokertest.Stream(t, c.Connect(t), spec, 3)
	subject := txwire.LogSubject("aaaaaaaaaaaaaaaa")
	last := publish(t, ctx, js, subject, 0)

	first := c.StreamLeader(t, spec.Name)
	if err := c.StepDown(t, spec.Name); err != nil {
		t.Fatal(err)
	}
	second := c.StreamLeader(t, spec.Name)
	if second == first {
		t.Errorf("node %d leads the stream before and after it stepped down", first)
	}
	last = publish(t, ctx, js, subject, last)

	c.KillNode(second)
	if third := c.StreamLeader(t, spec.Name); third == second {
		t.Errorf("the dead node %d leads the stream", second)
	}
	last = publish(t, ctx, js, subject, last)
	c.RestartNode(t, second)
	publish(t, ctx, js, subject, last)

	info, err := streams.Check(ctx, js, spec)
	if err != nil {
		t.Fatal(err)
	}
	if info.Incarnation != incarnation || info.Messages != 4 || info.Replicas != 3 {
		t.Errorf("in the end: %+v, want incarnation %s, 4 messages, 3 replicas", info, incarnation)
	}
}

// publish appends one message that expects the sequence last, and repeats it
// until it stands. There is no other writer: what stands after last is it.
func publish(t *testing.T, ctx context.Context, js jetstream.JetStream, subject string, last uint64) uint64 {
	t.Helper()
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		ack, err := js.Publish(attempt, subject, []byte("x"), jetstream.WithExpectLastSequencePerSubject(last))
		cancel()
		if err == nil {
			return ack.Sequence
		}
		if ctx.Err() != nil {
			t.Fatalf("appending after %d: %v", last, err)
		}
		if info, err := streams.Check(ctx, js, txwire.LogStream()); err == nil && info.LastSeq > last {
			return info.LastSeq
		}
	}
}
