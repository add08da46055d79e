package coordinator_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"parley/broker/brokertest"
	"parley/coordinator"
	"parley/coordinator/txclient"
	"parley/internal/streams"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go/jetstream"
)

// BenchmarkSubmit measures everything but the participants' databases: client,
// broker, coordinator and commit log, with participants that vote from memory.
func BenchmarkSubmit(b *testing.B) {
	for _, inFlight := range []int{1, 256} {
		b.Run(fmt.Sprintf("inflight=%d", inFlight), func(b *testing.B) {
			s := brokertest.Run(b)
			js, err := jetstream.New(s.Connect(b))
			if err != nil {
				b.Fatal(err)
			}
			if _, _, err := streams.Ensure(b.Context(), js, txwire.LogStream(), 1); err != nil {
				b.Fatal(err)
			}
			newFake(b, s.Connect(b), "inventory")
			newFake(b, s.Connect(b), "delivery")
			c, err := coordinator.New(coordinator.Config{}, coordinator.Deps{NATS: s.Connect(b)})
			if err != nil {
				b.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- c.Run(b.Context()) }()
			b.Cleanup(func() { <-done })
			<-c.Ready()
			client, err := txclient.New(s.Connect(b))
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = client.Close() }()
			left := atomic.Int64{}
			left.Store(int64(b.N))
			ended := make(chan error, inFlight)
			b.ResetTimer()
			for range inFlight {
				go func() {
					var err error
					for left.Add(-1) >= 0 && err == nil {
						_, err = client.Submit(b.Context(), order(""))
					}
					ended <- err
				}()
			}
			for range inFlight {
				if err := <-ended; err != nil {
					b.Error(err)
				}
			}
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
		})
	}
}
