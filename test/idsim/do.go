package idsim

import (
	"fmt"
	"slices"
	"strings"

	"parley/idworker/lease"
)

// do lets an event happen.
func (w *world) do(e event) {
	w.guard(func() { w.happen(e) })
	for n := range w.regs {
		if w.ownRegs>>n&1 == 1 {
			w.regs[n].tidy(&w.g)
		}
	}
}

// guard: a panic is a violation, not the end of the exploration.
func (w *world) guard(do func()) {
	defer func() {
		if r := recover(); r != nil {
			w.fail(Loud, "%v", r)
		}
	}()
	do()
}

func (w *world) happen(e event) {
	switch e.kind {
	case onTick:
		w.g.now += e.ms
	case onTake:
		w.take(w.process(int(e.at)), int(e.count))
	case onApply:
		w.apply(int(e.at), int(e.n))
	case onRetire:
		w.retire(e)
	case onCut:
		w.cut(e)
	case onLost:
		w.g.left.Lost--
		w.g.incarnation++
	default:
		w.atProcess(e)
	}
}

func (w *world) atProcess(e event) {
	p := w.process(int(e.at))
	switch e.kind {
	case onJump:
		w.g.left.Jumps--
		p.offset = e.offset
		return
	case onStop:
		w.g.left.Stops--
		p.stopped = true
		return
	case onCrash:
		w.g.left.Crashes--
		w.forsake(p)
		w.start(p)
		return
	case onRestart:
		w.start(p)
		return
	case onTable:
		w.g.left.Stale -= e.stale
		p.m.Table(w.table(e))
	case onFound:
		w.g.left.Stale -= e.stale
		n := p.open.(lease.Read).Worker
		p.m.Found(w.found(p, n, e.sees[n]))
	case onLearned:
		incarnation, broker := w.g.incarnation, w.g.now
		if e.asked {
			incarnation, broker = p.asked.incarnation, p.asked.broker
		}
		if incarnation != p.incarnation {
			w.stop(p)
			return
		}
		p.m.Learned(lease.Clock{Sent: p.asked.own, Received: p.own(w.g.now), Broker: broker})
	case onWritten:
		if p.answer.Answer == lease.Stored {
			p.standsIn = p.answer.incarnation
		}
		p.m.Written(p.open.(lease.Write).Record.Nonce, p.answer.Answer, p.answer.seq)
	case onSilence:
		w.g.left.Silences--
		w.silence(p)
	case onWoke:
		p.m.Woke()
	case onDrain:
		w.g.left.Drains--
		p.m.Drain()
	default:
		panic(fmt.Sprintf("no process has an event %d", e.kind))
	}
	// A wait ends with the drain, as the shell stops its timer; other questions
	// stay open.
	if _, waits := p.open.(lease.Wait); waits || e.kind != onDrain {
		p.closeRequest()
	}
	p.stopped = false
	w.perform(p)
}

// stop ends a process that sees another stream than when it started.
func (w *world) stop(p *process) {
	w.forsake(p)
	*p = process{index: p.index, life: p.life, incarnation: p.incarnation, worker: p.worker, last: p.last, offset: p.offset, takes: p.takes}
}

// silence: what the process asked is not answered.
func (w *world) silence(p *process) {
	if a, ok := p.open.(lease.Write); ok {
		w.forsake(p)
		p.m.Written(a.Record.Nonce, lease.Unknown, 0)
	} else {
		p.m.Failed()
	}
}

// forsake: the process waits for no write any more.
func (w *world) forsake(p *process) {
	for n := range w.regs {
		if slices.ContainsFunc(w.regs[n].flying, func(f write) bool { return int(f.waiter) == p.index }) {
			w.register(n).forsake(int8(p.index))
		}
	}
}

func (w *world) table(e event) []lease.Row {
	var rows []lease.Row
	for n := range w.regs {
		if at := e.sees[n]; at >= 0 {
			rows = append(rows, w.regs[n].rows[at].Row)
		}
	}
	return rows
}

func (w *world) found(p *process, n int, at int8) *lease.Row {
	if at < 0 {
		return nil
	}
	found := w.regs[n].rows[at]
	if strings.HasPrefix(found.Record.Nonce, p.prefix()) {
		p.standsIn = found.incarnation
	}
	return &found.Row
}

// apply lets the broker process a write: it is stored if its condition holds.
func (w *world) apply(n, i int) {
	r := w.register(n)
	f := r.flying[i]
	r.flying = slices.Delete(slices.Clone(r.flying), i, i+1)
	a := answer{Answer: lease.Mismatch}
	if r.accepts(f, w.g.incarnation) {
		old := r.newest(w.g.incarnation)
		a = answer{lease.Stored, max(r.last(w.g.incarnation), again*uint64(w.g.incarnation)) + 1, w.g.incarnation}
		w.checkStored(r, old, f.record)
		r.rows = append(slices.Clip(r.rows), row{lease.Row{Seq: a.seq, Record: f.record}, w.g.incarnation})
	}
	if f.waiter >= 0 {
		w.process(int(f.waiter)).answer = &a
	}
}

// retire is an operator whose idea of the time is so wrong that every number
// looks like one that is far in the future.
func (w *world) retire(e event) {
	w.g.left.Retires--
	w.g.left.Stale -= e.stale
	var found *lease.Row
	if at := e.sees[e.at]; at >= 0 {
		found = &w.regs[e.at].rows[at].Row
	}
	nonce := fmt.Sprintf("retire%d", w.g.left.Retires)
	const wrong = 1_000_000
	out, err := lease.Retire(found, w.g.now-wrong, w.cfg.limits(), "operator", nonce)
	if err != nil || out == nil {
		return
	}
	w.register(int(e.at)).publish(write{expect: out.Expect, record: out.Record, waiter: -1})
}

// cut: the broker's power fails. It forgets the newest records of a number, what
// was on its way to it is lost, and so is every connection.
func (w *world) cut(e event) {
	w.g.left.Cuts--
	for n := range w.regs {
		w.register(n).flying = nil
	}
	r := w.register(int(e.at))
	r.rows = slices.Clip(r.rows[:len(r.rows)-int(e.n)])
	for i := range w.procs {
		switch w.procs[i].open.(type) {
		case nil, lease.Wait:
		default:
			p := w.process(i)
			w.silence(p)
			p.closeRequest()
			w.perform(p)
		}
	}
}
