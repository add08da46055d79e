package idclient_test

import (
	"fmt"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/idworker/idclient"
	"parley/idworker/snowflake"
	"parley/wire/idwire"
)

// BenchmarkNext is one ID at a time over a real broker, from a peer on another
// connection: what a caller waits for, fetching included.
func BenchmarkNext(b *testing.B) {
	for _, workers := range []int{1, 3} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			c, _ := benchClient(b, workers)
			ctx := b.Context()
			for b.Loop() {
				if _, err := c.Next(ctx); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ids/s")
		})
	}
}

// BenchmarkNextParallel is one client for all processors.
func BenchmarkNextParallel(b *testing.B) {
	c, _ := benchClient(b, 1)
	b.RunParallel(func(pb *testing.PB) {
		ctx := b.Context()
		for pb.Next() {
			if _, err := c.Next(ctx); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkNextN takes many at once, as fast as blocks come.
func BenchmarkNextN(b *testing.B) {
	for _, n := range []int{100, 65_536} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c, _ := benchClient(b, 1)
			for b.Loop() {
				if _, err := c.NextN(b.Context(), n); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "ids/s")
		})
	}
}

// BenchmarkSteady is 50,000 IDs a second, while each answer takes 5 ms. Nobody
// should have to wait for one, unless the machine stops for longer than the IDs
// at hand last; how many do is reported.
func BenchmarkSteady(b *testing.B) {
	const delay, each, warm = 5 * time.Millisecond, 50, 300
	c, peers := benchClient(b, 1)
	peers[0].do(func(r idwire.GrantRequest) []byte {
		answer := peers[0].grant(r)
		<-time.After(delay)
		return answer
	})
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	take := func() (waited int) {
		<-tick.C
		for range each {
			if _, err := c.Next(ended()); err != nil {
				next(b, c)
				waited++
			}
		}
		return waited
	}
	for range warm {
		take()
	}
	waited := 0
	for b.Loop() {
		waited += take()
	}
	b.ReportMetric(1000*float64(waited)/float64(b.N*each), "waited/1000")
}

func benchClient(b *testing.B, workers int) (*idclient.Client, []*peer) {
	b.Helper()
	s := brokertest.Run(b)
	var peers []*peer
	for w := range workers {
		peers = append(peers, newPeer(b, s, w, 0))
	}
	c := newClient(b, s, idclient.Config{})
	if _, err := c.NextN(b.Context(), snowflake.MaxBlock); err != nil {
		b.Fatal(err)
	}
	return c, peers
}

// BenchmarkSustained is Next from real idworkers: in the long run 4,096 IDs a
// millisecond of each.
func BenchmarkSustained(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			s := newHarness(b)
			for range workers {
				s.idworker(b)
			}
			c := newClient(b, s.Server, idclient.Config{})
			for b.Loop() {
				if _, err := c.Next(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ids/s")
		})
	}
}
