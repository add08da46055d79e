package main

import (
	"bytes"
	"context"
	"errors"
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
	gateway *benchGateway
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

// ear is one connection that listens.
type ear struct {
	*chatSocket
	audience *audience
	number   int
	// mute: it is to stop reading; it has when stalled is closed, and goes on
	// when resume is.
	mute            atomic.Bool
	stalled, resume chan struct{}

	// known is up to where the room is known; of the reader alone, like what
	// follows, until it has ended.
	known     atomic.Uint64
	got       int64
	gaps      int64
	repeats   int64
	end       error
	histogram [maxPhases]latencies
}

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

// listen reads until the connection ends.
func (e *ear) listen() {
	for {
		if e.mute.Load() {
			close(e.stalled)
			<-e.resume
			e.mute.Store(false)
		}
		data, err := e.next()
		if err == nil {
			err = e.hear(data)
		}
		if err != nil {
			e.end = err
			return
		}
	}
}

// hear takes one frame. It reads no more of a message than it needs: decoding
// a hundred thousand a second would measure the listeners.
func (e *ear) hear(data []byte) error {
	switch {
	case bytes.HasPrefix(data, []byte(`{"t":"message"`)):
		return e.message(data)
	case bytes.HasPrefix(data, []byte(`{"t":"ack"`)):
		seq, err := numberAfter(data, `"seq":`)
		a := e.audience
		a.acked.Add(1)
		for old := a.highest.Load(); seq > old && !a.highest.CompareAndSwap(old, seq); old = a.highest.Load() {
		}
		phase, due, ok := stamp(data, `"cid":"`)
		if err == nil && ok {
			e.note(phase, due, false)
		}
		return err
	case bytes.HasPrefix(data, []byte(`{"t":"error"`)), bytes.HasPrefix(data, []byte(`{"t":"bye"`)):
		text := string(data)
		e.audience.refused.Store(&text)
	}
	return nil
}

func (e *ear) message(data []byte) error {
	seq, err := numberAfter(data, `"seq":`)
	if err != nil {
		return err
	}
	prev, err := numberAfter(data, `"prev":`)
	if err != nil {
		return err
	}
	known := e.known.Load()
	switch {
	case seq <= known:
		e.repeats++
		return nil
	case prev != known:
		e.gaps++
	}
	e.known.Store(seq)
	phase, due, ok := stamp(data, `"cid":"`)
	if !ok {
		return nil // somebody came or left
	}
	e.got++
	e.note(phase, due, true)
	return nil
}

// note counts how long something took since it was due.
func (e *ear) note(phase int, due time.Duration, arrived bool) {
	a := e.audience
	took := min(max((e.at.Sub(a.born)-due).Microseconds(), 1), maxLatency)
	if arrived {
		a.delivered.Add(1)
	}
	h := &e.histogram[phase]
	if h.arrived == nil {
		// Coarse ones: there is one for each listener.
		h.arrived, h.acked = hdrhistogram.New(100, maxLatency, 2), hdrhistogram.New(100, maxLatency, 2)
	}
	if arrived {
		_ = h.arrived.RecordValue(took) // within bounds, see above
	} else {
		_ = h.acked.RecordValue(took)
	}
}

// cid names a message by what is measured and when it was due.
func (a *audience) cid(talker int, due time.Duration) string {
	return fmt.Sprintf("%d-%d-%d", a.phase.Load(), due.Microseconds(), talker)
}

// stamp reads it from a frame.
func stamp(data []byte, behind string) (phase int, due time.Duration, ok bool) {
	_, rest, ok := bytes.Cut(data, []byte(behind))
	if !ok {
		return 0, 0, false
	}
	first, rest, _ := digits(rest)
	second, _, ok := digits(rest)
	return int(first), time.Duration(second) * time.Microsecond, ok && first < maxPhases
}

// digits reads a number and what follows its end by a character.
func digits(b []byte) (n uint64, rest []byte, ok bool) {
	i := 0
	for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
		n = 10*n + uint64(b[i]-'0')
	}
	return n, b[min(i+1, len(b)):], i > 0
}

func numberAfter(data []byte, field string) (uint64, error) {
	_, rest, _ := bytes.Cut(data, []byte(field))
	n, _, ok := digits(rest)
	if !ok {
		return 0, fmt.Errorf("%s is missing in %.200s", field, data)
	}
	return n, nil
}

// talk has some people say things until ctx ends, together at the rate that is
// asked for, each one in turn.
func (a *audience) talk(ctx context.Context) {
	n := a.bench.talkers()
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
	return a.gateway.child.stop()
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

func (e *ear) wasStalled() bool {
	select {
	case <-e.stalled:
		return true
	default:
		return false
	}
}

// fanout measures one lively room.
func (b *chatBench) fanout(ctx context.Context) error {
	a, err := b.gather(ctx, partFanout)
	if err != nil {
		return err
	}
	talking, quiet := context.WithCancel(ctx)
	defer quiet()
	var talk sync.WaitGroup
	talk.Go(func() { a.talk(talking) })
	b.say("%d messages a second for %d people", b.Rate, b.Subscribers)
	err = b.pause(ctx, b.WarmUp)
	a.phase.Store(phaseAll)
	gateway, all := b.serverCPU(a.gateway)
	delivered, start := a.delivered.Load(), time.Now()
	err = errors.Join(err, b.pause(ctx, b.Duration))
	took, n := time.Since(start), a.delivered.Load()-delivered
	gatewayAfter, allAfter := b.serverCPU(a.gateway)
	quiet()
	talk.Wait()
	if err = errors.Join(err, a.finish(ctx)); err != nil {
		return err
	}
	r, h := &b.report, a.phases[phaseAll]
	r.DeliveriesPerS = perSecond(n, took)
	if n > 0 {
		r.CPUSPerMillionDeliveries = 1e6 * (gatewayAfter - gateway) / float64(n)
		r.ServerCPUSPerMillionDeliveries = 1e6 * (allAfter - all) / float64(n)
	}
	r.P50MS, r.P99MS, r.P999MS, r.MaxMS = ms(h.arrived, 50), ms(h.arrived, 99), ms(h.arrived, 99.9), float64(h.arrived.Max())/1000
	r.AckP50MS, r.AckP99MS = ms(h.acked, 50), ms(h.acked, 99)
	return nil
}
