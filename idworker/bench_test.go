package idworker_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"parley/internal/lifecycle/roletest"

	"parley/idworker"
	"parley/idworker/lease"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
)

// BenchmarkRequest measures a request for one ID beside the same request to
// somebody who only sends it back, with one at a time and many in flight.
func BenchmarkRequest(b *testing.B) {
	h := newHarness(b)
	h.ready(b, idworker.Config{Limits: lease.DefaultLimits()})
	const echo = "bench.echo"
	if _, err := h.connect(b).QueueSubscribe(echo, "echo", func(m *nats.Msg) { _ = m.Respond(m.Data) }); err != nil {
		b.Fatal(err)
	}
	roletest.Must(b, h.nc.Flush())
	data := wire.Encode(idwire.Request{V: wire.Version, Count: 1})
	for _, inFlight := range []int{1, 64} {
		for _, subject := range []string{echo, idwire.SubjectNext} {
			b.Run(fmt.Sprintf("inflight=%d/%s", inFlight, subject), func(b *testing.B) {
				nc := h.connect(b)
				left := atomic.Int64{}
				left.Store(int64(b.N))
				ended := make(chan error, inFlight)
				b.ResetTimer()
				for range inFlight {
					go func() {
						var err error
						for left.Add(-1) >= 0 && err == nil {
							_, err = nc.Request(subject, data, patience)
						}
						ended <- err
					}()
				}
				for range inFlight {
					if err := <-ended; err != nil {
						b.Error(err)
					}
				}
			})
		}
	}
}
