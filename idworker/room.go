package idworker

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"parley/wire"
	"parley/wire/idwire"
)

const (
	// maxWait is how long a request may wait for IDs: until the time has given
	// more, or the lease is extended.
	maxWait = time.Second
	// maxWaiting bounds the requests that wait.
	maxWaiting = 1024
)

// want is a request for IDs.
type want struct {
	reply string
	count int
	grant bool
	// by is when a request that waits is refused.
	by time.Time
	// mark, if set, is no request: it is closed when its turn has come.
	mark chan struct{}
}

// room is where requests wait for IDs, in the order of their arrival.
type room struct {
	queue chan want
	// inside counts the requests that are not answered yet.
	inside atomic.Int64
	// more wakes the first one: there may be IDs now.
	more chan struct{}
}

func newRoom() *room {
	return &room{queue: make(chan want, maxWaiting), more: make(chan struct{}, 1)}
}

func (r *room) anybody() bool { return r.inside.Load() > 0 }

// enter is false when the room is full.
func (r *room) enter(q want) bool {
	r.inside.Add(1)
	select {
	case r.queue <- q:
		return true
	default:
		r.inside.Add(-1)
		return false
	}
}

func (r *room) tell() {
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// empty waits until everybody who is inside now has an answer, which is soon.
func (r *room) empty(ctx context.Context) {
	mark := want{mark: make(chan struct{})}
	select {
	case r.queue <- mark:
	case <-ctx.Done():
		return
	}
	select {
	case <-mark.mark:
	case <-ctx.Done():
	}
}

// serveRoom serves those who wait, one after another.
func (w *Worker) serveRoom(ctx context.Context) {
	timer := stoppedTimer()
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case q := <-w.room.queue:
			if q.mark != nil {
				close(q.mark)
				continue
			}
			w.serveLate(q, timer)
			w.room.inside.Add(-1)
		}
	}
}

// serveLate serves one request as soon as there are IDs, or refuses it when it
// has waited too long, or the process ends.
func (w *Worker) serveLate(q want, timer *time.Timer) {
	for !w.serve(q) {
		left := time.Until(q.by)
		if left <= 0 || w.keeping.Err() != nil {
			w.tooLate(q)
			return
		}
		if due := w.pace.wait(w.pace.at()); due > 0 {
			left = min(left, due)
		}
		timer.Reset(left)
		select {
		case <-timer.C:
		case <-w.room.more:
		case <-w.keeping.Done():
		}
	}
}

// tooLate says why there were no IDs in time.
func (w *Worker) tooLate(q want) {
	s, ok := w.state()
	switch {
	case !ok:
		w.refuse(q, wire.CodeUnavailable, "the idworker is stopping; ask again")
	case s.State != idwire.WorkerHolding:
		reason := s.Reason
		if reason == "" {
			reason = "the idworker lost its worker number and looks for another; ask again"
		}
		w.refuse(q, wire.CodeUnavailable, reason)
	default:
		w.refuse(q, wire.CodeBusy, fmt.Sprintf("no IDs for %v: more are wanted than the 4,096 in a millisecond of worker %d; ask again, ask for fewer, or start another idworker", maxWait, *s.Worker))
	}
}
