package sim

import (
	"slices"

	"parley/test/explore"
	"parley/wire/txwire"
)

// The state of the stream as a whole: its last sequence, and what befell it.
const (
	seqMask  = 1<<8 - 1
	wentBack = 1 << 8
	replaced = 1 << 9
	// firstLast is the last sequence before anything happens. A stream that takes
	// another's place begins at 0, so that its sequences are lower.
	firstLast = 10
)

// secondIncarnation is that of the stream that takes the lost one's place.
const secondIncarnation = "second"

// befall is what happens to the stream, and to which sequence it goes back.
type befall struct {
	kind eventKind
	seq  uint64
}

// last is the last sequence of the stream, 0 where that does not matter.
func (w *world) last(s []uint32) uint64 {
	if !w.cfg.stream() {
		return 0
	}
	return uint64(s[w.atStream] & seqMask)
}

func (w *world) logStepsAfter(id uint32, it *logItem, last uint64) []step {
	steps, ok := it.after[last]
	if !ok {
		steps = *w.steps(id, it.l.events(), func(e event) (uint32, effects) {
			n := it.l.clone()
			e.seq = last + 1
			n.do(e)
			return w.internLog(n), effects{}
		})
		for i := range steps {
			steps[i].stored = steps[i].event.kind == onWrite
		}
		if it.after == nil {
			it.after = map[uint64][]step{}
		}
		it.after[last] = steps
	}
	return steps
}

// lookSteps: a coordinator may check the stream at any time.
func (w *world) lookSteps(id uint32, it *coordinatorItem, last uint64) []step {
	steps, ok := it.looks[last]
	if !ok && it.c.known > 0 && !it.c.stopped {
		steps = *w.steps(id, []event{{kind: onLook, last: last}}, func(e event) (uint32, effects) { return w.coordinatorDo(it.c, e) })
		it.looks[last] = steps
	}
	return steps
}

// expandStream lets something befall the stream, once.
func (w *world) expandStream(s, buf []uint32, visit func(happening, []uint32, *explore.Broken) bool) {
	if s[w.atStream] > seqMask {
		return
	}
	try := func(b befall, do func(next []uint32)) bool {
		st := w.befalls[b]
		if st == nil {
			st = &step{event: &event{kind: b.kind, seq: b.seq, fault: true}, fx: &effects{}, takes: -1, gate: -1, fault: true, changes: true}
			w.befalls[b] = st
		}
		copy(buf, s)
		do(buf)
		if !w.cfg.Exact {
			w.normalize(buf)
		}
		return visit(happening{w.atStream, st}, buf, nil)
	}
	if w.cfg.Restores {
		from := uint64(firstLast)
		if w.cfg.Forgets {
			// A log that was opened after the backup is refused by its first sequence.
			from += uint64(len(w.cfg.Coordinators))
		}
		for to := from; to < w.last(s); to++ {
			if !try(befall{onRestore, to}, func(next []uint32) { w.restore(next, to) }) {
				return
			}
		}
	}
	if w.cfg.Replaces && w.nothingCommitted(s) {
		try(befall{kind: onReplace}, w.replace)
	}
}

func (w *world) nothingCommitted(s []uint32) bool {
	for i := range w.slots {
		if !w.logs.Items[s[w.atLogs+i]].facts.empty() {
			return false
		}
	}
	return true
}

// restore puts a store under the stream whose last sequence was to. The brokers
// were stopped for that, so what was on its way to them is lost. Every coordinator
// knows of something newer, and as little as that: who does not cannot notice. Where
// all of them restart, it is the journals that know.
func (w *world) restore(next []uint32, to uint64) {
	for i := range w.slots {
		l := w.logs.Items[next[w.atLogs+i]].l.clone()
		kept := slices.IndexFunc(l.records, func(r entry) bool { return r.Seq > to })
		if kept >= 0 {
			l.lost = append(slices.Clone(l.lost), l.records[kept:]...)
			l.records = l.records[:kept]
		}
		l.pending, l.purging = nil, false
		next[w.atLogs+i] = w.internLog(l)
	}
	next[w.atStream] = uint32(to) | wentBack
	if w.cfg.Forgets {
		w.forget(next)
		return
	}
	for i := range w.cfg.Coordinators {
		c := w.coordinators.Items[next[i]].c.clone()
		c.known, c.reconnected = to+1, true
		next[i] = w.internCoordinator(c)
	}
}

// forget restarts every coordinator. The journals know of more than will ever
// be stored here, so that the stream stays behind: when it has overtaken what they
// know, nothing is promised.
func (w *world) forget(next []uint32) {
	for i := range w.cfg.Coordinators {
		c := w.coordinators.Items[next[i]].c.clone()
		c.left.crashes-- // another life
		var f effects
		c.start(&f)
		for _, wr := range f.writes {
			at := w.atLogs + w.slot(wr.log)
			l := w.logs.Items[next[at]].l.clone()
			l.publish(wr)
			next[at] = w.internLog(l)
		}
		next[i] = w.internCoordinator(c)
	}
	for i := range w.cfg.Participants {
		p := w.participants.Items[next[w.atParts+i]].p.clone()
		p.behind = true
		next[w.atParts+i] = w.internParticipant(p)
	}
}

// replace loses the stream, and has everybody go on with another one, as an
// operator does: all processes are stopped, a new stream is made, every journal
// accepts it, and the processes start again. What was on its way is lost; branches
// in doubt ask.
func (w *world) replace(next []uint32) {
	for b := range w.boxes {
		next[w.atBoxes+b] = w.internBox(b, nil)
	}
	logs := make([]*commitLog, len(w.slots))
	for i, name := range w.slots {
		logs[i] = &commitLog{name: name}
	}
	for i := range w.cfg.Coordinators {
		c := w.coordinators.Items[next[i]].c.clone()
		var f effects
		c.start(&f)
		for _, wr := range f.writes {
			logs[w.slot(wr.log)].publish(wr)
		}
		next[i] = w.internCoordinator(c)
	}
	for i, l := range logs {
		next[w.atLogs+i] = w.internLog(l)
	}
	for i := range w.cfg.Participants {
		p := w.participants.Items[next[w.atParts+i]].p.clone()
		p.group, p.answers, p.incarnation = nil, nil, secondIncarnation
		for id, b := range p.durable.rows {
			if b.State != txwire.BranchPrepared {
				continue
			}
			b.Incarnation = "first"
			p.durable.rows[id] = b
			next[w.atBoxes] = w.put(0, next[w.atBoxes], w.messages[0].of(p.question(id)))
		}
		next[w.atParts+i] = w.internParticipant(p)
	}
	next[w.atStream] = replaced
}

// knows notes a sequence that the stream has stored.
func (c *coordinator) knows(seq uint64) {
	if c.known > 0 {
		c.known = max(c.known, seq)
	}
}

// look is what the shell does before it hands over a read or a seal, before it
// writes over a new connection, and every second.
func (c *coordinator) look(last uint64) {
	if c.known > 0 {
		c.m.StreamAt(c.known, last)
		c.knows(last)
		c.reconnected = false
	}
}

// maySend: nothing is written to a stream that is behind, or that was not checked
// since the connection to it was lost.
func (c *coordinator) maySend() bool { return !c.reconnected && !c.m.Behind() }

// acknowledged notes where a write was stored. It is false when the stream gave a
// sequence again, which stops the coordinator.
func (c *coordinator) acknowledged(e event) bool {
	for _, w := range c.flights {
		if w.log == e.log && w.record.Nonce == e.nonce && e.seq <= w.known {
			c.stopped = true
			return false
		}
	}
	c.knows(e.seq)
	c.look(e.last)
	return true
}
