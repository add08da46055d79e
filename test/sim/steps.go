package sim

import (
	"fmt"
	"slices"
)

func (w *world) logSteps(id uint32, last uint64) []step {
	it := w.logs.Items[id]
	if w.cfg.stream() {
		return w.logStepsAfter(id, it, last)
	}
	if it.own == nil {
		it.own = w.steps(id, it.l.events(), func(e event) (uint32, effects) {
			n := it.l.clone()
			n.do(e)
			return w.internLog(n), effects{}
		})
	}
	return *it.own
}

// memo is what a message does to a part, computed once.
func (w *world) memo(by *[]*[]step, m uint16, compute func() *[]step) []step {
	for int(m) >= len(*by) {
		*by = append(*by, nil)
	}
	if (*by)[m] == nil {
		steps := compute()
		(*by)[m] = steps
	}
	return *(*by)[m]
}

// steps computes what events do to part number id. Events with the same result
// are one step, and one without any is none.
func (w *world) steps(id uint32, events []event, do func(event) (uint32, effects)) *[]step {
	out := []step{}
	for _, e := range events {
		next, fx := do(e)
		st := step{next: next, takes: -1, gate: -1, fault: e.fault, changes: next != id}
		if next == id && len(fx.sends)+len(fx.writes)+len(fx.purges)+len(fx.publishes) == 0 && fx.broken == "" && e.kind != onSubmit {
			continue
		}
		st.event, st.fx = &e, &fx
		for _, m := range fx.sends {
			st.sends = append(st.sends, w.postTo(m))
		}
		for _, id := range fx.publishes {
			st.publishes.add(w.txs.of(id))
		}
		for _, wr := range fx.writes {
			key := fmt.Sprintf("%s %d %s", wr.log, wr.expect, appendRecord(nil, wr.record))
			st.ops = append(st.ops, logDo{uint8(w.slot(wr.log)), w.op(key, logOp{write: &wr})})
		}
		for _, p := range fx.purges {
			st.ops = append(st.ops, logDo{uint8(w.slot(p.log)), w.op(fmt.Sprintf("purge %s %d", p.log, p.before), logOp{purge: &p})})
		}
		if !slices.ContainsFunc(out, st.covered) {
			out = append(out, st)
		}
	}
	return &out
}

// postTo is a message as a step sends it.
func (w *world) postTo(m *message) post {
	b := w.boxOf(m.to)
	p := post{uint8(b), w.messages[b].of(m)}
	if b == 0 && len(w.coordinatorMail) < len(w.messages[0].messages) {
		w.coordinatorMail = append(w.coordinatorMail, w.mailFacts(m))
	}
	return p
}

// covered: o does the same, and is not a fault unless st is one.
func (st *step) covered(o step) bool {
	return st.next == o.next && st.fx.broken == o.fx.broken && st.event.living == o.event.living &&
		slices.Equal(st.sends, o.sends) && slices.Equal(st.ops, o.ops) && st.publishes == o.publishes && (!o.fault || st.fault)
}

// coordinatorSteps are what a message does to a coordinator.
func (w *world) coordinatorSteps(id uint32, it *coordinatorItem, m uint16) []step {
	return w.memo(&it.byMessage, m, func() *[]step {
		steps := w.steps(id, it.c.messageEvents(w.messages[0].messages[m]), func(e event) (uint32, effects) { return w.coordinatorDo(it.c, e) })
		for i := range *steps {
			w.gate(it.c, &(*steps)[i])
			if (*steps)[i].event.kind == onSubmit {
				(*steps)[i].takes = int32(m)
			}
		}
		*steps = slices.DeleteFunc(*steps, func(st step) bool { return st.alive && st.gate < 0 })
		return steps
	})
}

// gate marks a step that adopts a log which was not adopted before because its
// owner was found silent.
func (w *world) gate(c *coordinator, st *step) {
	switch st.event.kind {
	case onQuestion, onOwnerSilent, onAdopt:
	default:
		return
	}
	st.alive = st.event.living
	for _, log := range w.coordinators.Items[st.next].c.adopted {
		if !slices.Contains(c.adopted, log) {
			st.gate = int8(w.slot(log))
		}
	}
}

func (w *world) coordinatorDo(c *coordinator, e event) (uint32, effects) {
	n := c.clone()
	f := n.do(e)
	return w.internCoordinator(n), f
}

// participantSteps are what a message does to participant i.
func (w *world) participantSteps(id uint32, it *participantItem, i int, m uint16) []step {
	return w.memo(&it.byMessage, m, func() *[]step {
		return w.steps(id, it.p.messageEvents(w.messages[1+i].messages[m]), func(e event) (uint32, effects) { return w.participantDo(it.p, e) })
	})
}

func (w *world) participantDo(p *participant, e event) (uint32, effects) {
	n := p.clone()
	f := n.do(e)
	return w.internParticipant(n), f
}
