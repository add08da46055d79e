package idsim

import (
	"parley/idworker/lease"
)

// events calls yield with everything that can happen in this state.
func (w *world) events(yield func(event)) {
	if i := w.alone(); i >= 0 {
		w.moods(int8(i), yield)
		w.answers(int8(i), yield)
		return
	}
	idle := w.idle()
	if w.g.now < w.cfg.Until && (w.cfg.AnyTime || idle) {
		yield(event{kind: onTick, ms: 1})
	}
	for i, p := range w.procs {
		if w.everything() || idle || w.restless(p) {
			w.moods(int8(i), yield)
		} else if _, ok := p.open.(lease.Write); ok {
			w.stops(int8(i), yield)
		}
		w.answers(int8(i), yield)
	}
	for n := range w.regs {
		w.registerEvents(int8(n), yield)
	}
	if w.g.left.Lost > 0 {
		yield(event{kind: onLost})
	}
}

// everything: every event is explored in every state. Otherwise two that do
// not depend on each other are explored in one order only.
func (w *world) everything() bool {
	return w.cfg.AnyTime || w.cfg.Exact || w.g.left.Lost > 0 || w.g.left.Cuts > 0
}

// alone is a process whose own steps are enough to explore in this state, -1 if
// there is none: time waits for it, and the answer that it is about to receive does not depend
// on anybody else, nor does anybody else on when it receives it. So every way on in
// which others are first is, in its effect, one in which it is first.
func (w *world) alone() int {
	if w.everything() {
		return -1
	}
	for i, p := range w.procs {
		if p.m == nil || p.stopped {
			continue
		}
		switch p.open.(type) {
		case lease.Learn:
			return i
		case lease.Write:
			if p.answer != nil {
				return i
			}
		case lease.Wait:
			if p.due <= w.g.now {
				return i
			}
		}
	}
	return -1
}

// idle reports that every process waits for time to pass, or is stopped.
func (w *world) idle() bool {
	for _, p := range w.procs {
		if p.m == nil || p.stopped {
			continue
		}
		if _, ok := p.open.(lease.Wait); !ok || p.due <= w.g.now {
			return false
		}
	}
	return true
}

// restless: the process may end or begin while others are busy, and what it does
// then meets what they do. One that reads will soon be alone.
func (w *world) restless(p *process) bool {
	switch p.open.(type) {
	case nil:
		return true
	case lease.Wait, lease.Write:
		return w.g.left.Crashes > 0 || w.g.left.Drains > 0
	default:
		return false
	}
}

// moods are what a process, its clock and its operator do by themselves. Most of
// it concerns nobody else, so it is enough to explore it before the process does
// something, and before time passes.
func (w *world) moods(i int8, yield func(event)) {
	p := w.procs[i]
	if p.r != nil && p.takes > 0 {
		yield(event{kind: onTake, at: i, count: 1})
		yield(event{kind: onTake, at: i, count: everyID})
	}
	if w.g.left.Jumps > 0 {
		for _, o := range w.cfg.Offsets {
			if o != p.offset {
				yield(event{kind: onJump, at: i, offset: o})
			}
		}
	}
	if p.m == nil {
		yield(event{kind: onRestart, at: i})
		return
	}
	w.stops(i, yield)
	if w.g.left.Crashes > 0 {
		yield(event{kind: onCrash, at: i})
	}
	if w.g.left.Drains > 0 {
		yield(event{kind: onDrain, at: i})
	}
}

func (w *world) stops(i int8, yield func(event)) {
	if p := w.procs[i]; w.g.left.Stops > 0 && !p.stopped && !w.cfg.AnyTime {
		yield(event{kind: onStop, at: i})
	}
}

// answers are the answers that the process may receive.
func (w *world) answers(i int8, yield func(event)) {
	p := w.procs[i]
	silence := w.g.left.Silences > 0
	switch a := p.open.(type) {
	case lease.ReadTable:
		w.sights(event{kind: onTable, at: i}, 0, len(w.regs), yield)
	case lease.Read:
		w.sights(event{kind: onFound, at: i}, a.Worker, a.Worker+1, yield)
	case lease.Learn:
		yield(event{kind: onLearned, at: i})
		if p.asked.broker != w.g.now || p.asked.incarnation != w.g.incarnation {
			yield(event{kind: onLearned, at: i, asked: true})
		}
	case lease.Write:
		if p.answer != nil {
			yield(event{kind: onWritten, at: i})
		}
	case lease.Wait:
		if p.due <= w.g.now {
			yield(event{kind: onWoke, at: i})
		}
		silence = false
	default:
		silence = false
	}
	if silence {
		yield(event{kind: onSilence, at: i})
	}
}

// sights yields e with every choice of what a read of the numbers from n to
// below end finds.
func (w *world) sights(e event, n, end int, yield func(event)) {
	if n == end {
		yield(e)
		return
	}
	r := w.regs[n]
	newest := int8(-1)
	if r.newest(w.g.incarnation) != nil {
		newest = int8(len(r.rows) - 1)
	}
	for at := int8(-1); int(at) < len(r.rows); at++ {
		next := e
		next.sees[n] = at
		if at != newest {
			next.stale++
		}
		if next.stale <= w.g.left.Stale {
			w.sights(next, n+1, end, yield)
		}
	}
}

func (w *world) registerEvents(n int8, yield func(event)) {
	r := w.regs[n]
	for i, f := range r.flying {
		if f.waiter >= 0 || r.accepts(f, w.g.incarnation) {
			yield(event{kind: onApply, at: n, n: int8(i)})
		}
	}
	if w.g.left.Retires > 0 {
		w.sights(event{kind: onRetire, at: n}, int(n), int(n)+1, yield)
	}
	if w.g.left.Cuts > 0 && r.newest(w.g.incarnation) != nil {
		yield(event{kind: onCut, at: n, n: 1})
		if len(r.rows) > 1 {
			yield(event{kind: onCut, at: n, n: 2})
		}
	}
}
