package participants

import (
	"container/heap"
	"math/rand/v2"
	"sync"
	"time"

	"parley/wire"
	"parley/wire/txwire"
)

const (
	// firstRetry is the pause after the first failure of a branch. It doubles
	// with each failure up to lastRetry, so that branches that fail permanently do not
	// measurably slow down others: a thousand of them are eight attempts a second.
	firstRetry = 250 * time.Millisecond
	lastRetry  = 2 * time.Minute
	// lastUrgent replaces lastRetry if a prepare failed, which has a deadline, or the
	// database, which may work again at any moment.
	lastUrgent = 5 * time.Second
	// maxFailing bounds the branches that are recorded as failing. A branch
	// beyond it is attempted whenever a message about it arrives.
	maxFailing = maxDoubts
)

// failing are the branches whose last attempt failed. The committer ignores messages that
// request the same operation on such a branch, and the retrier attempts it again when its
// pause has ended.
type failing struct {
	mu       sync.Mutex
	branches map[txwire.ID]*failure
	// planned is ordered by time; an entry whose time is not that of its
	// branch no longer counts.
	planned questions
}

// failure is one failing branch.
type failure struct {
	// op is the failed operation, to be attempted again.
	op    *op
	err   string
	tries int
	since time.Time
	retry time.Time
}

func newFailing() *failing { return &failing{branches: make(map[txwire.ID]*failure)} }

// add records that an attempt failed. first reports whether the branch did not
// fail before, kept whether it is recorded and will be attempted again.
func (f *failing) add(o *op, err error, longest time.Duration, now time.Time) (first, kept bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.branches[o.id]
	if b == nil || b.op.isPrepare() != o.isPrepare() {
		if first = true; b == nil && len(f.branches) >= maxFailing {
			return false, false // enough of them are logged
		}
		b = &failure{op: o, since: now}
		f.branches[o.id] = b
	}
	b.tries++
	b.err = wire.Clip(err.Error())
	pause := min(firstRetry<<min(b.tries-1, 20), longest)
	// With jitter, so that branches that failed together are not attempted together.
	f.plan(b, now.Add(pause*3/4+rand.N(pause/2+1)))
	return first, true
}

// plan replaces the time of the next attempt.
func (f *failing) plan(b *failure, at time.Time) {
	b.retry = at
	heap.Push(&f.planned, question{at: at, id: b.op.id})
}

// ignores reports whether an op repeats one that failed and is not due yet.
func (f *failing) ignores(o *op) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.branches[o.id]
	return b != nil && !o.retry && b.op.isPrepare() == o.isPrepare()
}

// due returns the next branch whose pause has ended. Unless it is then removed or fails
// again, the caller must call again for it.
func (f *failing) due(now time.Time) *op {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.planned) > 0 && !f.planned[0].at.After(now) {
		q := heap.Pop(&f.planned).(question)
		if b := f.branches[q.id]; b != nil && b.retry.Equal(q.at) {
			b.retry = time.Time{}
			return b.op
		}
	}
	return nil
}

// now returns a branch whose outcome fails and that waits for its next attempt. As after
// due, the caller must call again for it. tries is how often it failed; busy reports that
// it is being attempted.
func (f *failing) now(id txwire.ID) (o *op, tries int, busy bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.branches[id]
	switch {
	case b == nil || b.op.isPrepare():
		return nil, 0, false
	case b.retry.IsZero():
		return nil, b.tries, true
	}
	b.retry = time.Time{}
	return b.op, b.tries, false
}

// again plans another attempt of a branch whose last one did not take place.
func (f *failing) again(id txwire.ID, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b := f.branches[id]; b != nil && b.retry.IsZero() {
		f.plan(b, at)
	}
}

// remove removes a branch and returns its failure.
func (f *failing) remove(id txwire.ID) (was failure, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.branches[id]
	if b == nil {
		return was, false
	}
	delete(f.branches, id)
	return *b, true
}

// get returns the failure of a branch whose outcome fails.
func (f *failing) get(id txwire.ID) (b failure, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.branches[id]; p != nil && !p.op.isPrepare() {
		return *p, true
	}
	return b, false
}

func (f *failing) len() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.branches)
}

// describe adds to prepared branches the error of their outcome.
func (f *failing) describe(infos []txwire.BranchInfo) {
	for i := range infos {
		if b, ok := f.get(infos[i].ID); ok && infos[i].State == txwire.BranchPrepared {
			infos[i].Error, infos[i].Tries = b.err, b.tries
			if !b.retry.IsZero() {
				infos[i].RetryAt = b.retry.UnixMilli()
			}
		}
	}
}
