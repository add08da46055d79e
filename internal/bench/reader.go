package bench

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// reader is one connection that reads the messages of a room.
type reader struct {
	*chatSocket
	audience *audience
	number   int
	// stall makes it stop reading; stalled is closed when it has, and it continues
	// when resume is closed.
	stall           atomic.Bool
	stalled, resume chan struct{}

	// known is the sequence up to which the room was received. It and the following
	// fields belong to the reading goroutine until that has ended.
	known     atomic.Uint64
	got       int64
	gaps      int64
	repeats   int64
	end       error
	histogram [maxPhases]latencies
}

func (e *reader) wasStalled() bool {
	select {
	case <-e.stalled:
		return true
	default:
		return false
	}
}

// run reads until the connection ends.
func (e *reader) run() {
	for {
		if e.stall.Load() {
			close(e.stalled)
			<-e.resume
			e.stall.Store(false)
		}
		data, err := e.next()
		if err == nil {
			err = e.receive(data)
		}
		if err != nil {
			e.end = err
			return
		}
	}
}

// receive handles one frame. It parses only the fields that it needs: decoding a hundred
// thousand messages a second would measure the readers.
func (e *reader) receive(data []byte) error {
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

func (e *reader) message(data []byte) error {
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
		return nil // a person joined or left
	}
	e.got++
	e.note(phase, due, true)
	return nil
}

// note records the time since a message was due.
func (e *reader) note(phase int, due time.Duration, arrived bool) {
	a := e.audience
	took := min(max((e.at.Sub(a.born)-due).Microseconds(), 1), maxLatency)
	if arrived {
		a.delivered.Add(1)
	}
	h := &e.histogram[phase]
	if h.arrived == nil {
		// With low precision, since each reader has one.
		h.arrived, h.acked = hdrhistogram.New(100, maxLatency, 2), hdrhistogram.New(100, maxLatency, 2)
	}
	if arrived {
		_ = h.arrived.RecordValue(took) // within bounds, see above
	} else {
		_ = h.acked.RecordValue(took)
	}
}

// stamp parses the phase and the due time in a frame's cid, see [audience.cid].
func stamp(data []byte, behind string) (phase int, due time.Duration, ok bool) {
	_, rest, ok := bytes.Cut(data, []byte(behind))
	if !ok {
		return 0, 0, false
	}
	first, rest, _ := digits(rest)
	second, _, ok := digits(rest)
	return int(first), time.Duration(second) * time.Microsecond, ok && first < maxPhases
}

// digits parses a number, and returns what follows the character behind it.
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
