package bench

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"parley/chatgw/frame"
)

// audience is one room in which many listen and some of them talk. A message
// carries the moment at which it was due to be said; nobody waits for anybody,
// so a late message counts as late.
type audience struct {
	bench   *chatBench
	gateway *gateway
	room    string
	born    time.Time
	ears    []*ear
	reading sync.WaitGroup

	// phase is what is measured now; what is said carries it.
	phase     atomic.Int32
	delivered atomic.Int64
	// highest is the highest number that was acknowledged.
	highest atomic.Uint64
	said    atomic.Int64
	acked   atomic.Int64
	refused atomic.Pointer[string]

	phases [maxPhases]latencies
}

// Phases of an audience. What is said in the first does not count.
const (
	phaseWarmUp = iota
	phaseAll
	phaseStalled
	maxPhases
)

// latencies are in microseconds.
type latencies struct{ arrived, acked *hdrhistogram.Histogram }

// gather opens the room and everybody's connection.
func (b *chatBench) gather(ctx context.Context, part string) (*audience, error) {
	g, err := b.gateway(ctx, part)
	if err != nil {
		return nil, err
	}
	a := &audience{bench: b, gateway: g, room: part, born: time.Now(), ears: make([]*ear, b.Subscribers)}
	b.say("%d people come into one room", b.Subscribers)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var coming sync.WaitGroup
	for range b.Concurrency {
		coming.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(a.ears) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := a.come(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	coming.Wait()
	if err := context.Cause(ctx); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *audience) come(ctx context.Context, i int) error {
	s, err := openChat(ctx, a.gateway.addr)
	if err != nil {
		return err
	}
	joined, err := s.enter("person-"+strconv.Itoa(i), a.room)
	if err != nil {
		s.Close()
		return err
	}
	e := &ear{chatSocket: s, audience: a, number: i, stalled: make(chan struct{}), resume: make(chan struct{})}
	e.known.Store(joined.Last)
	a.ears[i] = e
	a.reading.Go(e.listen)
	return nil
}

// cid names a message by what is measured and when it was due.
func (a *audience) cid(talker int, due time.Duration) string {
	return fmt.Sprintf("%d-%d-%d", a.phase.Load(), due.Microseconds(), talker)
}

// talk has some people say things until ctx ends, together at the rate that is
// asked for, each one in turn.
func (a *audience) talk(ctx context.Context) {
	n := a.bench.Talkers()
	every := time.Duration(n) * time.Second / time.Duration(a.bench.Rate)
	text := strings.Repeat("x", a.bench.Text)
	start := time.Since(a.born)
	var talking sync.WaitGroup
	for i := range n {
		talking.Go(func() {
			late := time.NewTimer(0)
			defer late.Stop()
			<-late.C
			for due := start + time.Duration(i)*every/time.Duration(n); ; due += every {
				late.Reset(due - time.Since(a.born))
				select {
				case <-ctx.Done():
					return
				case <-late.C:
				}
				if a.ears[i].write(opText, frame.Encode(frame.Send{Room: a.room, CID: a.cid(i, due), Text: text})) != nil {
					return // the reader tells why
				}
				a.said.Add(1)
			}
		})
	}
	talking.Wait()
}

// close ends all connections, and checks nothing.
func (a *audience) close() {
	for _, e := range a.ears {
		if e != nil {
			e.Close()
		}
	}
	a.reading.Wait()
}

// finish waits until everybody knows what was acknowledged, ends all
// connections and adds up what they got.
func (a *audience) finish(ctx context.Context) error {
	b := a.bench
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && !a.settled(); {
		if err := b.pause(ctx, 20*time.Millisecond); err != nil {
			a.close()
			return err
		}
	}
	a.close()
	said := a.said.Load()
	b.report.Unacknowledged += said - a.acked.Load()
	for i := range a.phases {
		a.phases[i] = latencies{newHistogram(), newHistogram()}
	}
	for _, e := range a.ears {
		for i, h := range e.histogram {
			if h.arrived != nil {
				a.phases[i].arrived.Merge(h.arrived)
				a.phases[i].acked.Merge(h.acked)
			}
		}
		b.report.Duplicates += e.repeats
		if e.wasStalled() {
			continue
		}
		b.report.Lost += max(said-e.got, e.gaps)
	}
	if refused := a.refused.Load(); refused != nil && b.report.Unacknowledged > 0 {
		return fmt.Errorf("the gateway refused something: %s", *refused)
	}
	return a.gateway.child.Stop()
}

// settled: everything that was said is acknowledged, and everybody knows it
// who is not stalled.
func (a *audience) settled() bool {
	if a.acked.Load() < a.said.Load() {
		return false
	}
	for _, e := range a.ears {
		if !e.wasStalled() && e.known.Load() < a.highest.Load() {
			return false
		}
	}
	return true
}
