package participants

import (
	"container/heap"
	"math/rand/v2"
	"sync"
	"time"

	"parley/participants/machine"
	"parley/wire/txwire"
)

// maxDoubts bounds the prepared branches of one journal, beyond which prepares
// are not taken: each holds something of the resource, about a kilobyte of
// memory, and is a question to ask after a restart.
const maxDoubts = 1 << 17

// maxAskAgain is the longest pause between two questions about one branch. A
// question can be lost together with the coordinator that received it, so the
// pause is short; the questions of a journal are bounded by maxAsking.
const maxAskAgain = 2 * time.Second

// probePause is the pause between two questions while no coordinator listens,
// for the whole journal. When one is answered, every branch is asked about.
const probePause = 200 * time.Millisecond

// doubts remembers the branches that are prepared, and when to ask what became
// of each. Nearly every branch is settled before its first question: it costs
// an entry in a map and one in a ring, which is dropped when its time comes.
type doubts struct {
	after time.Duration

	mu       sync.Mutex
	branches map[txwire.ID]*doubt
	// first is in the order of time by itself, again is not.
	first ring
	again questions
	// unheard: no coordinator listened to the last question. Only one branch is
	// asked about at a time then.
	unheard bool
}

type doubt struct {
	branch machine.Branch
	asked  int
	// next is the time of its planned question; a question of another time was
	// planned before and no longer counts.
	next time.Time
	// paused: its outcome is known and cannot be applied yet, so there is
	// nothing to ask.
	paused bool
}

// question is when to ask about what; its branch may be settled by then.
type question struct {
	at time.Time
	id txwire.ID
}

func newDoubts(after time.Duration) *doubts {
	return &doubts{after: after, branches: make(map[txwire.ID]*doubt)}
}

// add remembers a branch that was just prepared.
func (d *doubts) add(b machine.Branch) { d.addAt(b, time.Now().Add(d.after)) }

// addAt remembers a branch and when to ask about it; times must not go back.
func (d *doubts) addAt(b machine.Branch, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.branches[b.ID] != nil {
		return
	}
	d.branches[b.ID] = &doubt{branch: b, next: at}
	d.first.push(question{at: at, id: b.ID})
}

// wereIn notes which incarnation of the stream the logs of all branches were in that
// were in the present one.
func (d *doubts) wereIn(incarnation string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range d.branches {
		if b.branch.Incarnation == "" {
			b.branch.Incarnation = incarnation
		}
	}
}

func (d *doubts) remove(id txwire.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.branches, id)
}

// get is the branch if it is prepared, nil otherwise. It may not be changed.
func (d *doubts) get(id txwire.ID) *machine.Branch {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b := d.branches[id]; b != nil {
		return &b.branch
	}
	return nil
}

func (d *doubts) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.branches)
}

// due takes at most limit branches whose time to ask has come. Each must be
// given to askAgain when the question did not settle it.
func (d *doubts) due(now time.Time, limit int) (ask []machine.Branch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.unheard {
		limit = min(limit, 1)
	}
	for len(ask) < limit {
		q, ok := d.next(now)
		if !ok {
			break
		}
		if b := d.branches[q.id]; b != nil && b.next.Equal(q.at) && !b.paused {
			b.asked++
			ask = append(ask, b.branch)
		}
	}
	return ask
}

func (d *doubts) next(now time.Time) (question, bool) {
	if q, ok := d.first.peek(); ok && !q.at.After(now) {
		d.first.pop()
		return q, true
	}
	if len(d.again) > 0 && !d.again[0].at.After(now) {
		return heap.Pop(&d.again).(question), true
	}
	return question{}, false
}

// askAgain plans the next question about a branch, later each time, and spread
// so that branches that were cut off together do not ask together.
func (d *doubts) askAgain(id txwire.ID, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.branches[id]
	if b == nil || b.paused {
		return
	}
	pause := min(d.after<<min(b.asked, 10), maxAskAgain)
	pause = pause*3/4 + rand.N(pause/2+1)
	d.plan(b, id, now.Add(pause))
}

// pause has no questions asked about a branch until resume.
func (d *doubts) pause(id txwire.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b := d.branches[id]; b != nil {
		b.paused = true
	}
}

// resume asks about a branch again, if it is still prepared.
func (d *doubts) resume(id txwire.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b := d.branches[id]; b != nil && b.paused {
		b.paused = false
		d.plan(b, id, time.Now().Add(d.after))
	}
}

// plan replaces the planned question about a branch.
func (d *doubts) plan(b *doubt, id txwire.ID, at time.Time) {
	b.next = at
	heap.Push(&d.again, question{at: at, id: id})
}

// notHeard records that no coordinator listened to a question, which is asked
// again after probePause.
func (d *doubts) notHeard(id txwire.ID, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unheard = true
	if b := d.branches[id]; b != nil {
		d.plan(b, id, now.Add(probePause))
	}
}

// heard records that a coordinator listens. If none did before, every branch
// whose question went unheard is asked about now.
func (d *doubts) heard(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.unheard {
		return
	}
	d.unheard = false
	for i := range d.again {
		q := &d.again[i]
		if b := d.branches[q.id]; b != nil && b.next.Equal(q.at) && q.at.After(now) {
			q.at, b.next = now, now
		}
	}
	heap.Init(&d.again)
}

// ring is a queue of questions in an array that grows and is used again.
type ring struct {
	buf     []question
	head, n int
}

func (r *ring) push(q question) {
	if r.n == len(r.buf) {
		grown := make([]question, max(64, 2*r.n))
		for i := range r.n {
			grown[i] = r.buf[(r.head+i)%len(r.buf)]
		}
		r.buf, r.head = grown, 0
	}
	r.buf[(r.head+r.n)%len(r.buf)] = q
	r.n++
}

func (r *ring) peek() (question, bool) {
	if r.n == 0 {
		return question{}, false
	}
	return r.buf[r.head], true
}

func (r *ring) pop() {
	r.buf[r.head] = question{}
	r.head = (r.head + 1) % len(r.buf)
	r.n--
}

// questions is a heap by time.
type questions []question

func (q questions) Len() int           { return len(q) }
func (q questions) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q questions) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *questions) Push(x any)        { *q = append(*q, x.(question)) }
func (q *questions) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}
