package sim

import (
	"slices"

	"parley/test/explore"
)

// Expand implements [explore.Space].
func (w *world) Expand(s []uint32, visit func(happening, []uint32, *explore.Broken) bool) {
	buf := w.buf
	try := func(at int, steps []step) bool {
		for i := range steps {
			st := &steps[i]
			if st.gate >= 0 && !w.open(s, st) {
				continue
			}
			if st.fx.broken != "" {
				if !visit(happening{at, st}, nil, &explore.Broken{Invariant: Loud, What: st.fx.broken}) {
					return false
				}
				continue
			}
			if !st.publishes.empty() {
				facts := w.eventFacts(s)
				if b := facts.again(st.publishes, &w.txs); b != nil {
					if !visit(happening{at, st}, nil, b) {
						return false
					}
					continue
				}
			}
			w.apply(s, at, st, buf)
			if !slices.Equal(s, buf) && !visit(happening{at, st}, buf, nil) {
				return false
			}
		}
		return true
	}
	for i := range w.cfg.Clients {
		b := 1 + len(w.cfg.Participants) + i
		if !w.expandClient(s, i, b, try) {
			return
		}
	}
	for i := range w.cfg.Coordinators {
		if !w.expandCoordinator(s, i, try) {
			return
		}
	}
	for i := range w.cfg.Participants {
		if !w.expandParticipant(s, i, try) {
			return
		}
	}
	for i := range w.slots {
		if !try(w.atLogs+i, w.logSteps(s[w.atLogs+i], w.last(s))) {
			return
		}
	}
	if w.cfg.Events && !w.expandEvents(s, try) {
		return
	}
	if w.cfg.stream() {
		w.expandStream(s, buf, visit)
	}
}

// apply is what a step of one part does to the whole state.
func (w *world) apply(s []uint32, at int, st *step, next []uint32) {
	copy(next, s)
	next[at] = st.next
	if st.stored {
		next[w.atStream]++
	}
	if st.takes >= 0 {
		next[w.atBoxes] = w.take(next[w.atBoxes], uint16(st.takes))
	}
	for _, p := range st.sends {
		at := w.atBoxes + int(p.box)
		next[at] = w.put(int(p.box), next[at], p.message)
	}
	for _, d := range st.ops {
		at := w.atLogs + int(d.slot)
		next[at] = w.logDo(next[at], d.op)
	}
	if !st.publishes.empty() {
		next[w.atEvents] = w.published(next[w.atEvents], st.publishes)
	}
	if !w.cfg.Exact {
		w.normalize(next)
	}
}

// open reports whether a log may be adopted by this step: because its owner is
// gone, or although it is alive.
func (w *world) open(s []uint32, st *step) bool {
	alive := w.ownerAlive(s, st.gate)
	return alive == st.alive && (alive || w.cfg.Exact || w.unresolved(s, int(st.gate)))
}

// ownerAlive reports whether some coordinator has the log, or is opening it.
func (w *world) ownerAlive(s []uint32, slot int8) bool {
	for i := range w.cfg.Coordinators {
		it := w.coordinators.Items[s[i]]
		if it.own == slot || it.opening == slot {
			return true
		}
	}
	return false
}

func (w *world) expandCoordinator(s []uint32, i int, try func(int, []step) bool) bool {
	id := s[i]
	it := w.coordinators.Items[id]
	if it.timers == nil {
		it.timers = w.steps(id, it.c.events(), func(e event) (uint32, effects) { return w.coordinatorDo(it.c, e) })
	}
	if !try(i, *it.timers) {
		return false
	}
	for _, m := range w.boxes[0].Items[s[w.atBoxes]].messages {
		if steps := w.coordinatorSteps(id, it, m); len(steps) > 0 && !try(i, steps) {
			return false
		}
	}
	last := w.last(s)
	if w.cfg.stream() && !try(i, w.lookSteps(id, it, last)) {
		return false
	}
	for slot := range w.slots {
		log := s[w.atLogs+slot]
		key := last<<48 | uint64(slot)<<32 | uint64(log)
		steps, ok := it.byLog[key]
		if !ok {
			l := w.logs.Items[log]
			steps = *w.steps(id, it.c.logEvents(l.l, l.reads, last), func(e event) (uint32, effects) { return w.coordinatorDo(it.c, e) })
			for i := range steps {
				w.gate(it.c, &steps[i])
			}
			it.byLog[key] = steps
		}
		if len(steps) > 0 && !try(i, steps) {
			return false
		}
	}
	return true
}

func (w *world) expandParticipant(s []uint32, i int, try func(int, []step) bool) bool {
	at := w.atParts + i
	it := w.participants.Items[s[at]]
	if it.own == nil {
		it.own = w.steps(s[at], it.p.events(), func(e event) (uint32, effects) { return w.participantDo(it.p, e) })
	}
	if !try(at, *it.own) {
		return false
	}
	for _, m := range w.boxes[1+i].Items[s[w.atBoxes+1+i]].messages {
		if steps := w.participantSteps(s[at], it, i, m); len(steps) > 0 && !try(at, steps) {
			return false
		}
	}
	return true
}

func (w *world) expandClient(s []uint32, i, b int, try func(int, []step) bool) bool {
	at := w.atClients + i
	it := w.clients.Items[s[at]]
	do := func(e event) (uint32, effects) {
		n := *it.c
		f := n.do(e)
		return w.internClient(&n), f
	}
	if it.own == nil {
		it.own = w.steps(s[at], it.c.events(), do)
	}
	if !try(at, *it.own) {
		return false
	}
	for _, m := range w.boxes[b].Items[s[w.atBoxes+b]].messages {
		steps := w.memo(&it.byMessage, m, func() *[]step {
			return w.steps(s[at], []event{{kind: onReply, msg: w.messages[b].messages[m]}}, do)
		})
		if len(steps) > 0 && !try(at, steps) {
			return false
		}
	}
	return true
}
