package idsim

import (
	"parley/idworker/lease"
	"parley/test/explore"
)

// heal lets the world go on without trouble: clocks are right, requests are
// answered immediately and truthfully, what was still on its way is lost, and time
// passes. Within a few leases as many processes as there are numbers to have
// must make IDs. It returns what is broken, if anything is.
func (w *world) heal() *explore.Broken {
	h := w.fork()
	h.guard(h.goOn)
	return h.broken
}

func (h *world) goOn() {
	h.g.left = Troubles{}
	for n := range h.regs {
		h.register(n).flying = nil
	}
	for i := range h.procs {
		p := h.process(i)
		p.offset, p.takes = 0, 255
		if a, ok := p.open.(lease.Write); ok && p.answer == nil {
			p.m.Written(a.Record.Nonce, lease.Unknown, 0)
			p.closeRequest()
			h.perform(p)
		}
	}
	want := min(len(h.procs), len(h.regs)-len(h.cfg.Poisoned))
	const leases = 6
	step := h.cfg.limits().Reserve / 4
	made := make([]bool, len(h.procs))
	for range 4 * leases {
		count := 0
		for i := range h.procs {
			p := h.process(i)
			h.settle(p)
			before := p.last
			if p.r != nil {
				h.take(p, 1)
			}
			made[i] = made[i] || p.last != before
			if made[i] {
				count++
			}
		}
		if h.broken != nil || count >= want {
			return
		}
		h.g.now += step
	}
	h.fail(Live, "within %d times the length of a lease, %d processes of %d make IDs", leases, countTrue(made), want)
}

// settle answers the process until it waits.
func (w *world) settle(p *process) {
	if p.m == nil {
		w.start(p)
	}
	if _, ok := p.open.(lease.Wait); ok {
		p.m.Woke()
		p.closeRequest()
		w.perform(p)
	}
	const enough = 32 // a round has at most a dozen requests
	for range enough {
		e := event{at: int8(p.index), kind: onLearned}
		switch a := p.open.(type) {
		case nil:
			if p.m == nil {
				return // it sees another stream
			}
			w.fail(Live, "%s waits for nothing", p.name())
			return
		case lease.Wait:
			return
		case lease.ReadTable:
			e.kind = onTable
			w.seeNewest(&e)
		case lease.Read:
			e.kind = onFound
			w.seeNewest(&e)
		case lease.Write:
			if p.answer == nil {
				w.apply(a.Record.Worker, w.flyingOf(p, a.Record.Worker))
			}
			e.kind = onWritten
		}
		w.happen(e)
	}
	w.fail(Live, "%s never waits", p.name())
}

func (w *world) seeNewest(e *event) {
	for n, r := range w.regs {
		e.sees[n] = -1
		if r.newest(w.g.incarnation) != nil {
			e.sees[n] = int8(len(r.rows) - 1)
		}
	}
}

func (w *world) flyingOf(p *process, n int) int {
	for i, f := range w.regs[n].flying {
		if int(f.waiter) == p.index {
			return i
		}
	}
	panic(p.name() + " waits for a write that is not on its way")
}

func countTrue(bs []bool) (n int) {
	for _, b := range bs {
		if b {
			n++
		}
	}
	return n
}
