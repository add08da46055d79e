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
	// maxWait is how long a request may wait for IDs: until the clock advances, or
	// the lease is extended.
	maxWait = time.Second
	// maxWaiting bounds the requests that wait.
	maxWaiting = 1024
)

// idRequest is a request for IDs.
type idRequest struct {
	reply string
	count int
	grant bool
	// by is when a waiting request is refused.
	by time.Time
	// mark, if set, is closed instead of answering a request.
	mark chan struct{}
}

// waitlist holds the requests that wait for IDs, in the order of their arrival.
type waitlist struct {
	queue chan idRequest
	// unanswered counts the requests.
	unanswered atomic.Int64
	// more receives a value when IDs may be available.
	more chan struct{}
}

func newWaitlist() *waitlist {
	return &waitlist{queue: make(chan idRequest, maxWaiting), more: make(chan struct{}, 1)}
}

func (l *waitlist) any() bool { return l.unanswered.Load() > 0 }

// add returns false if the list is full.
func (l *waitlist) add(q idRequest) bool {
	l.unanswered.Add(1)
	select {
	case l.queue <- q:
		return true
	default:
		l.unanswered.Add(-1)
		return false
	}
}

// wake has the first request tried again.
func (l *waitlist) wake() {
	select {
	case l.more <- struct{}{}:
	default:
	}
}

// drain waits until every request on the list is answered.
func (l *waitlist) drain(ctx context.Context) {
	mark := idRequest{mark: make(chan struct{})}
	select {
	case l.queue <- mark:
	case <-ctx.Done():
		return
	}
	select {
	case <-mark.mark:
	case <-ctx.Done():
	}
}

// serveWaiters serves the waiting requests, one after another.
func (w *Worker) serveWaiters(ctx context.Context) {
	timer := stoppedTimer()
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case q := <-w.waiters.queue:
			if q.mark != nil {
				close(q.mark)
				continue
			}
			w.serveLate(q, timer)
			w.waiters.unanswered.Add(-1)
		}
	}
}

// serveLate serves one request as soon as IDs are available, or refuses it when it
// has waited for maxWait, or the process ends.
func (w *Worker) serveLate(q idRequest, timer *time.Timer) {
	for !w.serve(q) {
		left := time.Until(q.by)
		if left <= 0 || w.keeping.Err() != nil {
			w.refuseLate(q)
			return
		}
		if due := w.pace.wait(w.pace.at()); due > 0 {
			left = min(left, due)
		}
		timer.Reset(left)
		select {
		case <-timer.C:
		case <-w.waiters.more:
		case <-w.keeping.Done():
		}
	}
}

// refuseLate refuses a request that has waited, with the reason.
func (w *Worker) refuseLate(q idRequest) {
	s, ok := w.state()
	switch {
	case !ok:
		w.refuse(q, wire.CodeUnavailable, "the idworker is stopping; repeat the request")
	case s.State != idwire.WorkerHolding:
		reason := s.Reason
		if reason == "" {
			reason = "the idworker lost its worker number and claims another; repeat the request"
		}
		w.refuse(q, wire.CodeUnavailable, reason)
	default:
		w.refuse(q, wire.CodeBusy, fmt.Sprintf("no IDs for %v: the demand exceeds the 4,096 IDs per millisecond of worker %d; repeat the request, request fewer, or start another idworker", maxWait, *s.Worker))
	}
}
