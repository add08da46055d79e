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

// audience is one room with many readers, some of whom also send. A message carries the
// time at which it was due to be sent, and senders wait for nothing, so that delays
// before sending count as latency (no coordinated omission).
type audience struct {
	bench   *chatBench
	gateway *gateway
	room    string
	born    time.Time
	readers []*reader
	reading sync.WaitGroup

	// phase is the current phase of the measurement, which each message carries.
	phase     atomic.Int32
	delivered atomic.Int64
	// highest is the highest sequence that was acknowledged.
	highest atomic.Uint64
	sent    atomic.Int64
	acked   atomic.Int64
	refused atomic.Pointer[string]

	phases [maxPhases]latencies
}

// Phases of an audience. Messages of the warm-up are not measured.
const (
	phaseWarmUp = iota
	phaseAll
	phaseStalled
	maxPhases
)

// latencies are in microseconds.
type latencies struct{ arrived, acked *hdrhistogram.Histogram }

// gather opens the connections of all readers, who join the room.
func (b *chatBench) gather(ctx context.Context, part string) (*audience, error) {
	g, err := b.gateway(ctx, part)
	if err != nil {
		return nil, err
	}
	a := &audience{bench: b, gateway: g, room: part, born: time.Now(), readers: make([]*reader, b.Subscribers)}
	b.progress("%d people join one room", b.Subscribers)
	if err := b.openAll(ctx, 0, b.Subscribers, a.join); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *audience) join(ctx context.Context, i int) error {
	s, err := openChat(ctx, a.gateway.addr)
	if err != nil {
		return err
	}
	joined, err := s.enter("person-"+strconv.Itoa(i), a.room)
	if err != nil {
		s.Close()
		return err
	}
	e := &reader{chatSocket: s, audience: a, number: i, stalled: make(chan struct{}), resume: make(chan struct{})}
	e.known.Store(joined.Last)
	a.readers[i] = e
	a.reading.Go(e.run)
	return nil
}

// cid returns a message's client id, which contains the phase, the due time and the sender.
func (a *audience) cid(sender int, due time.Duration) string {
	return fmt.Sprintf("%d-%d-%d", a.phase.Load(), due.Microseconds(), sender)
}

// startSending calls send until the returned function is called, which waits for its end.
func (a *audience) startSending(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var sending sync.WaitGroup
	sending.Go(func() { a.send(ctx) })
	return func() {
		cancel()
		sending.Wait()
	}
}

// send makes some readers send messages in turn until ctx ends, together at the
// configured rate.
func (a *audience) send(ctx context.Context) {
	n := a.bench.Senders()
	every := time.Duration(n) * time.Second / time.Duration(a.bench.Rate)
	text := strings.Repeat("x", a.bench.Text)
	start := time.Since(a.born)
	var sending sync.WaitGroup
	for i := range n {
		sending.Go(func() {
			dueTimer := time.NewTimer(0)
			defer dueTimer.Stop()
			<-dueTimer.C
			for due := start + time.Duration(i)*every/time.Duration(n); ; due += every {
				dueTimer.Reset(due - time.Since(a.born))
				select {
				case <-ctx.Done():
					return
				case <-dueTimer.C:
				}
				if a.readers[i].writeFrame(opText, frame.Encode(frame.Send{Room: a.room, CID: a.cid(i, due), Text: text})) != nil {
					return // the reader reports the error
				}
				a.sent.Add(1)
			}
		})
	}
	sending.Wait()
}

// close ends all connections without checks.
func (a *audience) close() {
	for _, e := range a.readers {
		if e != nil {
			e.Close()
		}
	}
	a.reading.Wait()
}

// finish waits until all readers have received what was acknowledged, ends all
// connections and sums up their counts.
func (a *audience) finish(ctx context.Context) error {
	b := a.bench
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && !a.settled(); {
		if err := b.pause(ctx, 20*time.Millisecond); err != nil {
			a.close()
			return err
		}
	}
	a.close()
	sent := a.sent.Load()
	b.report.Unacknowledged += sent - a.acked.Load()
	for i := range a.phases {
		a.phases[i] = latencies{newHistogram(), newHistogram()}
	}
	for _, e := range a.readers {
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
		b.report.Lost += max(sent-e.got, e.gaps)
	}
	if refused := a.refused.Load(); refused != nil && b.report.Unacknowledged > 0 {
		return fmt.Errorf("the gateway refused a frame: %s", *refused)
	}
	return a.gateway.child.Stop()
}

// settled reports whether every message is acknowledged, and has reached every reader
// that is not stalled.
func (a *audience) settled() bool {
	if a.acked.Load() < a.sent.Load() {
		return false
	}
	for _, e := range a.readers {
		if !e.wasStalled() && e.known.Load() < a.highest.Load() {
			return false
		}
	}
	return true
}
