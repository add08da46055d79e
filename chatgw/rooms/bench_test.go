package rooms_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/chatgw/rooms"
	"parley/internal/lifecycle/roletest"
	"parley/natsconn"
	"parley/wire/chatwire"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// sink is a member that only counts, and signals what it has counted.
type sink struct {
	got  atomic.Int64
	more chan struct{} // nil: nobody waits
}

func (s *sink) Deliver(batch []*rooms.Shared) {
	for _, m := range batch {
		s.got.Add(int64(min(len(m.Bytes()), 1)))
	}
	select {
	case s.more <- struct{}{}:
	default: // signalled already
	}
}
func (*sink) Lost(string) {}

// BenchmarkFanOut is one message of a room that a thousand are in, from its
// arrival to the last of them, without sockets.
func BenchmarkFanOut(b *testing.B) {
	const members = 1000
	nc := unsynced(b)
	r := serve(b, nc, nil)
	var all [members]sink
	last := &all[members-1]
	last.more = make(chan struct{}, 1)
	for i := range all {
		roletest.Must(b, r.Join(b.Context(), "kitchen", "", 0, &all[i], func(rooms.Joined) {}))
	}
	b.ResetTimer()
	b.ReportAllocs()
	cpu := cpuTime()
	for sent := 0; sent < b.N; { // no more at a time than a room keeps
		n := min(b.N-sent, 500)
		fill(b, nc, n, func(int) string { return "kitchen" })
		for sent += n; last.got.Load() < int64(sent); {
			select {
			case <-last.more:
			case <-time.After(roletest.Patience):
				b.Fatalf("the last member has %d of %d messages", last.got.Load(), sent)
			}
		}
	}
	b.StopTimer()
	deliveries := float64(b.N) * members
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/deliveries, "ns/delivery")
	b.ReportMetric((cpuTime()-cpu).Seconds()/deliveries*1e6, "cpu-s/million")
}

// BenchmarkSend is a message stored, with as many on the way as are useful.
func BenchmarkSend(b *testing.B) {
	r, _ := newRooms(b, nil)
	b.SetParallelism(64)
	var n atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			post := rooms.Post{Room: "kitchen", User: "ann", Kind: chatwire.KindText, CID: fmt.Sprint(n.Add(1)), Text: "hello"}
			if _, err := r.Send(b.Context(), post); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkJoin is a join of a room that is open, with its page.
func BenchmarkJoin(b *testing.B) {
	r, h := newRooms(b, nil)
	fill(b, h.NATS, 200, func(int) string { return "kitchen" })
	b.ReportAllocs()
	for b.Loop() {
		m := &sink{}
		roletest.Must(b, r.Join(b.Context(), "kitchen", "", 0, m, func(rooms.Joined) {}))
		r.Leave("kitchen", m)
	}
}

var stored = flag.Int("stored", 1_000_000, "how many messages the stream holds in BenchmarkHistory")

// unsynced is a connection to a server that does not sync each message: reading
// is measured, and a million messages have to be stored first.
func unsynced(b *testing.B) *nats.Conn {
	b.Helper()
	s, err := server.NewServer(&server.Options{
		ServerName: "bench", Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: b.TempDir(), JetStreamMaxStore: 8 << 30,
	})
	roletest.Must(b, err)
	s.Start()
	nc, err := nats.Connect(s.ClientURL(), natsconn.Required()...)
	roletest.Must(b, err)
	b.Cleanup(func() {
		nc.Close()
		s.Shutdown()
		s.WaitForShutdown()
	})
	brokertest.Stream(b, nc, chatwire.Stream(), 1)
	return nc
}

// BenchmarkHistory is a page of 50 messages at a random place of rooms that are
// differently busy, with a million messages stored, 16 readers at a time.
func BenchmarkHistory(b *testing.B) {
	nc := unsynced(b)
	begin := time.Now()
	// The first gateway has seen all of it go by; the other has just started
	// and learns from the pages that it reads.
	old := serve(b, nc, nil)
	at := fill(b, nc, *stored, func(i int) string {
		switch n := rand.IntN(10_000); {
		case n < 5000:
			return "busy"
		case n < 5010:
			return "seldom"
		case n < 5011:
			return "rare"
		default:
			return fmt.Sprint("room-", n%500)
		}
	})
	b.Logf("%d messages stored in %.0f s", *stored, time.Since(begin).Seconds())
	for name, r := range map[string]*rooms.Rooms{"old": old, "new": serve(b, nc, nil)} {
		for _, room := range []string{"busy", "room-7", "seldom", "rare"} {
			for _, readers := range []int{1, 16} {
				b.Run(fmt.Sprintf("%s/%s-of-%d/readers=%d", name, room, len(at[room]), readers), func(b *testing.B) {
					history(b, r, room, at[room], readers)
				})
			}
		}
	}
}

func history(b *testing.B, r *rooms.Rooms, room string, seqs []uint64, readers int) {
	var mu sync.Mutex
	var took []time.Duration
	var work sync.WaitGroup
	cpu := cpuTime()
	for i := range readers {
		work.Go(func() {
			for range (b.N + readers - 1 - i) / readers {
				before := seqs[rand.IntN(len(seqs))]
				start := time.Now()
				if _, _, err := r.History(b.Context(), room, before, 50); err != nil {
					b.Error(err)
				}
				mu.Lock()
				took = append(took, time.Since(start))
				mu.Unlock()
			}
		})
	}
	work.Wait()
	b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/1000/float64(b.N), "cpu-ms")
	slices.Sort(took)
	ms := func(q float64) float64 { return took[int(q*float64(len(took)-1))].Seconds() * 1000 }
	b.ReportMetric(ms(0.5), "p50-ms")
	b.ReportMetric(ms(0.95), "p95-ms")
	b.ReportMetric(ms(0.99), "p99-ms")
}

// cpuTime is what this process, the server in it included, has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
