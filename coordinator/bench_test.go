package coordinator_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"parley/broker/brokertest"
	"parley/coordinator"
	"parley/coordinator/txclient"
	"parley/internal/lifecycle/roletest"
	"parley/wire/txwire"
)

// BenchmarkSubmit measures everything but the participants' databases: client,
// broker, coordinator and commit log, with participants that vote from memory.
func BenchmarkSubmit(b *testing.B) {
	for _, inFlight := range []int{1, 256} {
		b.Run(fmt.Sprintf("inflight=%d", inFlight), func(b *testing.B) {
			s := brokertest.Run(b)
			brokertest.Stream(b, s.Connect(b), txwire.LogStream(), 1)
			newFake(b, s.Connect(b), "inventory")
			newFake(b, s.Connect(b), "delivery")
			nc := s.Connect(b)
			c, err := coordinator.New(coordinator.Config{}, coordinator.Deps{NATS: nc})
			roletest.Must(b, err)
			roletest.Start(b, nc, c).AwaitReady()
			client, err := txclient.New(s.Connect(b))
			roletest.Must(b, err)
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
