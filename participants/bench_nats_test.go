package participants_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/participants/sqlite"

	"parley/broker/brokertest"
	"parley/participants"
	"parley/participants/delivery"
	"parley/participants/food"
	"parley/participants/inventory"
	"parley/participants/participanttest"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// BenchmarkTwoParticipants drives inventory and delivery over a real broker in
// this process, without a coordinator's log: what participants, messages and
// broker cost together.
func BenchmarkTwoParticipants(b *testing.B) {
	for _, n := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("concurrent=%d", n), func(b *testing.B) { benchmarkTwo(b, n) })
	}
}

func benchmarkTwo(b *testing.B, concurrent int) {
	server := brokertest.Run(b)
	nc := server.Connect(b)
	participanttest.Streams(b, nc)
	deps := func() participants.Deps { return participants.Deps{NATS: server.Connect(b)} }
	quiet := participants.Config{Log: slog.New(slog.DiscardHandler)}
	stock, err := inventory.New(inventory.Config{Config: quiet, Path: filepath.Join(b.TempDir(), "inventory.db"), Seed: inventory.Bench()}, deps())
	if err != nil {
		b.Fatal(err)
	}
	town, err := delivery.New(delivery.Config{Config: quiet, Path: filepath.Join(b.TempDir(), "delivery.db"), Seed: delivery.Bench()}, deps())
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, p := range []*participants.Participant[*sqlite.Tx]{stock, town} {
		running.Go(func() {
			if err := p.Run(ctx); err != nil {
				b.Error(err)
			}
		})
		<-p.Ready()
	}
	defer running.Wait()
	defer cancel()

	// Of each transaction: two votes, then two acks.
	seen := make([]atomic.Int32, b.N+1)
	var journals sync.Map
	free := make(chan struct{}, concurrent)
	decideBy := time.Now().Add(time.Hour).UnixMilli()
	if _, err := nc.Subscribe("tx.vote.>", func(m *nats.Msg) {
		_, name, id, _ := txwire.ParseSubject(m.Subject)
		v, err := wire.Decode[txwire.Vote](m.Data)
		if err != nil || !v.Yes {
			b.Errorf("%s: %s %v", m.Subject, m.Data, err)
		}
		journals.Store(name, v.Journal)
		if seen[id.N].Add(1) == 2 {
			for _, name := range []string{food.Inventory, food.Delivery} {
				journal, _ := journals.Load(name)
				_ = nc.Publish(txwire.Subject(txwire.KindCommit, name, id), wire.Encode(txwire.Commit{V: wire.Version, Journal: journal.(string), DecideBy: decideBy}))
			}
			<-free
		}
	}); err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	var acks atomic.Int64
	if _, err := nc.Subscribe("tx.ack.>", func(*nats.Msg) {
		if acks.Add(1) == int64(2*b.N) {
			close(done)
		}
	}); err != nil {
		b.Fatal(err)
	}
	orders, rides := make([][]byte, 64), make([][]byte, 64)
	for i := range orders {
		orders[i] = wire.Encode(food.StockOrder{V: wire.Version, Item: fmt.Sprintf("item-%d", i), Quantity: 1})
		rides[i] = wire.Encode(food.CourierOrder{V: wire.Version, Zone: fmt.Sprintf("zone-%d", i%8)})
	}
	start := cpu()
	b.ResetTimer()
	for i := range b.N {
		free <- struct{}{}
		id := txwire.ID{Log: benchLog, N: uint64(i + 1)}
		m := txwire.Prepare{
			V: wire.Version, Key: fmt.Sprintf("key-%032x", uint64(i)*0x9e3779b97f4a7c15), Digest: "0123456789abcdef0123456789abcdef",
			DecideBy: decideBy, OpenSeq: 1,
		}
		m.Payload = orders[i%64]
		_ = nc.Publish(txwire.Subject(txwire.KindPrepare, food.Inventory, id), wire.Encode(m))
		m.Payload = rides[i%64]
		_ = nc.Publish(txwire.Subject(txwire.KindPrepare, food.Delivery, id), wire.Encode(m))
	}
	<-done
	b.StopTimer()
	b.ReportMetric(float64((cpu()-start).Nanoseconds())/float64(b.N)/1000, "cpu-µs/op")
	c := stock.Counts()
	b.ReportMetric(float64(c.Operations)/float64(c.Groups), "ops/group")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
	if c.Dropped > 0 {
		b.Errorf("%d were dropped", c.Dropped)
	}
}
