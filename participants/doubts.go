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
// are dropped: each reserves something of the resource, takes about a kilobyte of
// memory, and requires an inquiry after a restart.
const maxDoubts = 1 << 17

// maxAskAgain is the longest pause between two inquiries about one branch. An
// inquiry can be lost together with the coordinator that received it, so the
// pause is short; the concurrent inquiries of a journal are bounded by maxAsking.
const maxAskAgain = 2 * time.Second

// probePause is the pause between two inquiries, for the whole journal, while no
// coordinator is subscribed. When one is received, inquiries about every branch follow.
const probePause = 200 * time.Millisecond

// doubts are the prepared branches, with the time of the next inquiry about the outcome
// of each. Nearly every branch is settled before its first inquiry: it costs an entry in
// a map and one in a ring, which is dropped when its time has come.
type doubts struct {
	after time.Duration

	mu       sync.Mutex
	branches map[txwire.ID]*doubt
	// first has the first inquiry of each branch, whose times ascend; again the others.
	first ring
	again questions
	// unheard reports that no coordinator was subscribed at the last inquiry. Then there
	// is only one inquiry at a time.
	unheard bool
}

type doubt struct {
	branch machine.Branch
	asked  int
	// next is the time of its planned inquiry; an entry with another time was planned
	// earlier and is obsolete.
	next time.Time
	// paused reports that its outcome is known and cannot be applied yet, so that no
	// inquiry is needed.
	paused bool
}

// question is a planned inquiry about a branch, which may be settled by then.
type question struct {
	at time.Time
	id txwire.ID
}

func newDoubts(after time.Duration) *doubts {
	return &doubts{after: after, branches: make(map[txwire.ID]*doubt)}
}

// add adds a branch that was just prepared.
func (d *doubts) add(b machine.Branch) { d.addAt(b, time.Now().Add(d.after)) }

// addAt adds a branch and the time of its first inquiry; times must not decrease.
func (d *doubts) addAt(b machine.Branch, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.branches[b.ID] != nil {
		return
	}
	d.branches[b.ID] = &doubt{branch: b, next: at}
	d.first.push(question{at: at, id: b.ID})
}

// wereIn sets the incarnation of the stream for all branches whose logs were in the
// current one until now.
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

// get returns the branch if it is prepared, nil otherwise. It must not be changed.
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

// due removes and returns at most limit branches whose inquiry is due. If that does not
// settle a branch, the caller must plan another one with askAgain.
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

// askAgain plans the next inquiry about a branch, with growing pauses and jitter, so that
// branches that lost their coordinator together do not inquire together.
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

// pause suspends inquiries about a branch until resume.
func (d *doubts) pause(id txwire.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b := d.branches[id]; b != nil {
		b.paused = true
	}
}

// resume plans inquiries about a branch again, if it is still prepared.
func (d *doubts) resume(id txwire.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b := d.branches[id]; b != nil && b.paused {
		b.paused = false
		d.plan(b, id, time.Now().Add(d.after))
	}
}

// plan replaces the planned inquiry about a branch.
func (d *doubts) plan(b *doubt, id txwire.ID, at time.Time) {
	b.next = at
	heap.Push(&d.again, question{at: at, id: id})
}

// notHeard records that no coordinator was subscribed at an inquiry, which is repeated
// after probePause.
func (d *doubts) notHeard(id txwire.ID, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unheard = true
	if b := d.branches[id]; b != nil {
		d.plan(b, id, now.Add(probePause))
	}
}

// heard records that a coordinator is subscribed. If none was before, the inquiries that
// reached none are due now.
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

// ring is a queue of questions in an array that grows and is reused.
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

// questions is a heap ordered by time.
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
