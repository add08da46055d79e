package socket

import (
	"context"
	"sync"
	"time"
)

// flusher writes the queues of its share of the connections.
//
// After it has written for a while it rests nine times as long, but not longer
// than maxDelay. What is pushed while it rests gathers, and is joined into one
// write per connection: system calls are most of what a delivery costs. So a
// gateway with little to do writes everything immediately, and one with much to do
// spends a tenth of its time on writing, as long as that delays nothing for
// more than maxDelay. What is urgent never waits.
type flusher struct {
	maxDelay time.Duration
	wake     chan struct{}

	mu    sync.Mutex
	now   []*Conn   // to be written immediately
	later []*Conn   // to be written after the rest
	rest  time.Time // until when it rests
	spare []*Conn   // the memory of a list

	// Of its goroutine alone.
	buf []byte
	try try
}

const (
	// batch bounds one write, and so what is copied for it.
	batch = 64 << 10
	// idleShare is how much longer it rests than it has written.
	idleShare = 9
)

func newFlusher(maxDelay time.Duration) *flusher {
	f := &flusher{maxDelay: maxDelay, wake: make(chan struct{}, 1), buf: make([]byte, 0, batch)}
	f.try.init()
	return f
}

// add lists a connection, whose lock the caller holds, and returns its new
// state.
func (f *flusher) add(c *Conn, urgent bool) state {
	f.mu.Lock()
	defer f.mu.Unlock()
	became := listedUrgent
	if urgent || !time.Now().Before(f.rest) {
		f.now = append(f.now, c)
	} else {
		f.later = append(f.later, c)
		became = listed
		if len(f.later) > 1 {
			return became // it is awake, or will be
		}
	}
	select {
	case f.wake <- struct{}{}:
	default:
	}
	return became
}

// run writes until ctx ends.
func (f *flusher) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-f.wake:
			f.flush(f.take(&f.now))
		case <-timer.C:
			f.flush(f.take(&f.later))
		case <-ctx.Done():
			return
		}
		if at, ok := f.next(); ok {
			timer.Reset(time.Until(at))
		}
	}
}

// next is when the rest is over, if somebody waits for that.
func (f *flusher) next() (at time.Time, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rest, len(f.later) > 0
}

func (f *flusher) take(list *[]*Conn) []*Conn {
	f.mu.Lock()
	defer f.mu.Unlock()
	taken := *list
	*list, f.spare = f.spare, nil
	return taken
}

func (f *flusher) flush(conns []*Conn) {
	began := time.Now()
	for _, c := range conns {
		c.flush(f)
	}
	clear(conns)
	now := time.Now()
	rest := now.Add(min(idleShare*now.Sub(began), f.maxDelay))

	f.mu.Lock()
	defer f.mu.Unlock()
	// Who waits for the end of the rest was promised when that is.
	if rest.After(f.rest) && len(f.later) == 0 {
		f.rest = rest
	}
	if f.spare == nil {
		f.spare = conns[:0]
	}
}
