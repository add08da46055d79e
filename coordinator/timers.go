package coordinator

import (
	"context"
	"math/rand/v2"
	"time"

	"parley/coordinator/machine"
	"parley/internal/pause"
	"parley/wire/txwire"
)

const (
	// tickEvery is the resolution of all timers.
	tickEvery = 100 * time.Millisecond
	// The first resend comes well after a vote that took a normal disk sync, and
	// later ones back off; a commit is resent without limit, at the longest pause.
	firstResend = 500 * time.Millisecond
	lastResend  = 5 * time.Second
	// abortTries is how often an abort is sent. After that the participant
	// requests the outcome when it needs it.
	abortTries = 4
	// A submission that yielded to another with its key starts again after a
	// pause that grows from firstRestart to lastRestart: the other one may wait
	// for a dead coordinator.
	firstRestart = 50 * time.Millisecond
	lastRestart  = 800 * time.Millisecond
)

// timers schedules the resends and deadlines of all transactions in a wheel of
// ticks. A transaction that finishes before its first resend costs one entry
// instead of a timer. Ticks are counted from start on the monotonic clock, so
// changes of the wall clock have no effect.
type timers struct {
	start time.Time
	now   int64 // the last processed tick
	wheel map[int64][]txwire.ID
	txs   map[txwire.ID]*watch
}

type watch struct {
	decideBy time.Time
	next     time.Time // of the resend
	pause    time.Duration
	tries    int // resends since it aborts
}

func newTimers() timers {
	return timers{wheel: map[int64][]txwire.ID{}, txs: map[txwire.ID]*watch{}, start: time.Now()}
}

// tickOf returns the tick of a time, which must have a monotonic clock reading.
func (t *timers) tickOf(at time.Time) int64 { return int64(at.Sub(t.start) / tickEvery) }

// watch adds a transaction whose deadline is in left.
func (t *timers) watch(id txwire.ID, left time.Duration) {
	now := time.Now()
	w := &watch{decideBy: now.Add(left), pause: firstResend, next: now.Add(firstResend)}
	t.txs[id] = w
	t.schedule(id, w)
}

func (t *timers) unwatch(id txwire.ID) { delete(t.txs, id) }

// retry restarts the back-off of a transaction, which sends another message now.
func (t *timers) retry(id txwire.ID) {
	if w := t.txs[id]; w != nil && w.pause > lastResend/2 {
		w.pause = firstResend
	}
}

func (t *timers) schedule(id txwire.ID, w *watch) {
	due := w.next
	if w.decideBy.Before(due) && w.decideBy.After(time.Now()) {
		due = w.decideBy
	}
	tick := max(t.tickOf(due), t.now) + 1
	t.wheel[tick] = append(t.wheel[tick], id)
}

// due removes and returns the transactions whose tick has passed.
func (t *timers) due(now time.Time) (ids []txwire.ID) {
	for until := t.tickOf(now); t.now < until; {
		t.now++
		ids = append(ids, t.wheel[t.now]...)
		delete(t.wheel, t.now)
	}
	return ids
}

func (c *Coordinator) onTick(now time.Time) {
	c.justReconnected()
	for _, id := range c.timers.due(now) {
		w := c.timers.txs[id]
		if w == nil {
			continue
		}
		if now.After(w.decideBy) {
			c.m.Deadline(id)
		}
		if !now.Before(w.next) {
			c.resend(id, w)
		}
		if c.timers.txs[id] == w {
			c.timers.schedule(id, w)
		}
	}
}

func (c *Coordinator) resend(id txwire.ID, w *watch) {
	if s, ok := c.m.State(id); ok && s == machine.Aborting {
		if w.tries++; w.tries >= abortTries {
			c.m.GiveUp(id)
			return
		}
	}
	c.m.Resend(id)
	w.pause = min(2*w.pause, lastResend)
	w.next = time.Now().Add(w.pause/2 + rand.N(w.pause/2))
}

// restart restarts a submission that yielded, after a random pause so that two of
// them do not collide again.
func (c *Coordinator) restart(ctx context.Context, a machine.Restart) {
	wait := min(firstRestart<<min(a.Tries-1, 10), lastRestart)
	if !pause.For(ctx, wait/2+rand.N(wait)) {
		return
	}
	expired := c.clock.Now().UnixMilli() > a.DecideBy
	c.postEvent(func() { c.m.Restarted(a.Key, expired) })
}
