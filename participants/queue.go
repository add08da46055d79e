package participants

import (
	"sync"
	"time"
)

const (
	// maxQueue bounds the ops that wait for the committer, separately for urgent ones
	// and others: a second's work at full speed. Clients do not wait much longer, and
	// dropped messages are sent again.
	maxQueue = 8192
	// maxGroup bounds the ops in one database transaction. It costs about
	// 10 ms, and a failure inside it repeats it.
	maxGroup = 512
	// maxGroupTime bounds a group's duration. Nothing in a group is answered before all of
	// it is durable, so without it sixty Prepares of 300 ms each would be
	// answered after 18 s, when the first have long timed out. An op that has
	// begun is never interrupted.
	maxGroupTime = 25 * time.Millisecond
	// linger is how long ops that are not urgent wait for an urgent one to
	// share a sync of the disk with. A client that works one at a time sends
	// its next prepare about a millisecond after the previous commit; without linger
	// that prepare would wait for the commit's sync.
	linger = 2 * time.Millisecond
	// lingerFull is the number of them that do not wait for an urgent one.
	lingerFull = 64
)

// queue holds the ops that wait for the committer. The zero queue is not usable.
type queue struct {
	mu     sync.Mutex
	urgent []*op
	others []*op
	// since is when the first of others was added.
	since time.Time
	// othersFirst alternates after a group that ended early at maxGroupTime, so that
	// neither list waits for all of the other.
	othersFirst bool
	closed      bool
	// wake is buffered for one: the committer checks everything when woken.
	wake chan struct{}
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// put appends an op and reports whether there was room for it.
func (q *queue) put(o *op) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	line := &q.others
	if o.urgent() {
		line = &q.urgent
	}
	if len(*line) >= maxQueue {
		return false
	}
	if *line = append(*line, o); len(q.others) == 1 && line == &q.others {
		q.since = time.Now()
	}
	q.signal()
	return true
}

// putBack returns ops to the front that were taken and not done.
func (q *queue) putBack(ops []*op) {
	if len(ops) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	var urgent, others []*op
	for _, o := range ops {
		if o.urgent() {
			urgent = append(urgent, o)
		} else {
			others = append(others, o)
		}
	}
	q.urgent, q.others = append(urgent, q.urgent...), append(others, q.others...)
	q.since = time.Time{} // they have lingered
	q.othersFirst = !q.othersFirst
	q.signal()
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.urgent) + len(q.others)
}

// close refuses further ops. Those in the queue are still taken.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take waits for the next group. It is empty when the queue is closed and
// drained.
func (q *queue) take(timer *time.Timer) []*op {
	for {
		group, wait, closed := q.cut(time.Now())
		switch {
		case len(group) > 0 || closed:
			return group
		case wait > 0:
			timer.Reset(wait)
			select {
			case <-q.wake:
			case <-timer.C:
			}
			timer.Stop()
		default:
			<-q.wake
		}
	}
}

// cut takes a group if one is due, and otherwise returns in how long it is: 0 if the queue
// is empty.
func (q *queue) cut(now time.Time) (group []*op, wait time.Duration, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.urgent) == 0 && len(q.others) < lingerFull && !q.closed {
		if len(q.others) == 0 {
			return nil, 0, false
		}
		if wait = linger - now.Sub(q.since); wait > 0 {
			return nil, wait, false
		}
	}
	// Each list has at least half a group, so that neither starves.
	n := min(len(q.urgent), max(maxGroup/2, maxGroup-len(q.others)))
	m := min(len(q.others), maxGroup-n)
	group = make([]*op, 0, n+m)
	if q.othersFirst {
		group = append(append(group, q.others[:m]...), q.urgent[:n]...)
	} else {
		group = append(append(group, q.urgent[:n]...), q.others[:m]...)
	}
	q.urgent, q.others = shift(q.urgent, n), shift(q.others, m)
	q.since = now
	return group, 0, q.closed && len(group) == 0
}

// shift removes the first n ops and keeps the array.
func shift(line []*op, n int) []*op {
	left := copy(line, line[n:])
	clear(line[left:])
	return line[:left]
}
