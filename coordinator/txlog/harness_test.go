package txlog_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/broker/brokertest"
	"parley/coordinator/machine"
	"parley/coordinator/txlog"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// harness is a broker with the commit log's stream, on one server or on three.
type harness struct {
	connect func(testing.TB) *nats.Conn
	server  *brokertest.Server  // nil on three
	cluster *brokertest.Cluster // nil on one
	rounds  int                 // how often a race is run here
}

// The same tests on one server and on three: their brokers check conditions
// in different code.
func TestOneServer(t *testing.T) {
	s := brokertest.Run(t)
	testAll(t, &harness{connect: s.Connect, server: s, rounds: 60})
}

func TestThreeServers(t *testing.T) {
	c := brokertest.RunCluster(t, 3)
	testAll(t, &harness{connect: c.Connect, cluster: c, rounds: 20})
}

func testAll(t *testing.T, b *harness) {
	replicas := 1
	if b.cluster != nil {
		replicas = 3
	}
	brokertest.Stream(t, b.connect(t), txwire.LogStream(), replicas)
	for _, c := range []struct {
		name string
		test func(*testing.T, *harness)
	}{
		{"Conditions", testConditions},
		{"Purge", testPurge},
		{"SameTwice", testSameTwice},
		{"LatePublish", testLatePublish},
		{"Read", testRead},
		{"Race", testRace},
		{"Trace", testTrace},
		// Last: three servers are slow for a while when one has come back.
		{"Outage", testOutage},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, b) })
	}
}

// open binds to the stream over a connection of its own.
func (b *harness) open(t testing.TB) *txlog.Log {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.StartTimeout)
	defer cancel()
	l, err := txlog.Open(ctx, brokertest.JetStream(t, b.connect(t)), slog.New(slog.DiscardHandler))
	roletest.Must(t, err)
	return l
}

func record(kind txwire.RecordKind, prev uint64) txwire.Record {
	return txwire.Record{V: wire.Version, Kind: kind, Nonce: wire.NewToken(), Prev: prev}
}

// must appends, repeating records without a definite answer, and is given the sequence.
func must(t testing.TB, l *txlog.Log, log string, r txwire.Record) uint64 {
	t.Helper()
	answer, seq := settled(t, l, log, r.Prev, r)
	if answer != machine.AppendStored {
		t.Fatalf("%s after %d: %v", r.Kind, r.Prev, answer)
	}
	return seq
}

// settled repeats an append until its answer is conclusive. On three servers
// "another write is in flight" can follow an own acknowledged one.
func settled(t testing.TB, l *txlog.Log, log string, expect uint64, r txwire.Record) (machine.AppendAnswer, uint64) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(brokertest.StartTimeout)
	for {
		answer, seq, err := l.Append(t.Context(), log, expect, r)
		if (answer == machine.AppendStored) != (err == nil) {
			t.Fatalf("answer %v with the error %v", answer, err)
		}
		if answer != machine.AppendUnknown {
			return answer, seq
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("no definite answer in time: %v", err)
		}
	}
}

// inFlight reports whether err is JetStream's "another write is in flight".
func inFlight(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && api.ErrorCode == 10164
}
