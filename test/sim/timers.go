package sim

import (
	"slices"

	"parley/coordinator/machine"
	"parley/wire/txwire"
)

// events are the timers of a coordinator and what befalls its process. Every
// timer may fire at any time.
func (c *coordinator) events() []event {
	if c.stopped {
		return nil
	}
	var es []event
	if c.m.Behind() {
		es = append(es, event{kind: onStop})
	}
	for _, id := range c.watched {
		es = append(es, event{kind: onDeadline, tx: id}, event{kind: onResend, tx: id}, event{kind: onGiveUp, tx: id})
		if s, _ := c.m.State(id); c.world.Abandons && s == machine.Committed {
			for _, p := range c.world.Participants {
				es = append(es, event{kind: onAbandon, tx: id, name: p, fault: true})
			}
		}
		if c.world.Absent {
			for _, p := range c.world.Participants {
				es = append(es, event{kind: onNoSubscriber, tx: id, name: p, fault: true})
			}
		}
	}
	for _, key := range c.restarts {
		es = append(es, event{kind: onRestarted, name: key, yes: true})
		if c.left.restarts > 0 {
			es = append(es, event{kind: onRestarted, name: key})
		}
	}
	if c.left.trims > 0 {
		es = append(es, event{kind: onTrim})
	}
	if c.left.closes > 0 {
		es = append(es, event{kind: onClose, fault: true})
	}
	if c.left.crashes > 0 {
		es = append(es, event{kind: onCrash, fault: true})
	}
	return es
}

// messageEvents are the ways in which a message can be taken.
func (c *coordinator) messageEvents(m *message) []event {
	if c.stopped {
		return nil
	}
	switch m.kind {
	case kindSubmit:
		return []event{{kind: onSubmit, msg: m}}
	case txwire.KindVote:
		return []event{{kind: onVote, msg: m}}
	case kindPublished:
		return []event{{kind: onPublished, msg: m}}
	case txwire.KindAck:
		return []event{{kind: onAck, msg: m}}
	default:
		if !c.world.Asks && slices.Contains(c.m.Report().Adopted, m.tx.Log) && !c.sealed(m.tx.Log) {
			return nil
		}
		es := []event{{kind: onQuestion, msg: m}, {kind: onOwnerQuestion, msg: m}}
		if !c.world.Asks {
			return es
		}
		es = append(es, event{kind: onOwnerSilent, msg: m})
		if c.left.seals > 0 {
			es = append(es, event{kind: onOwnerSilent, msg: m, living: true, fault: true})
		}
		return es
	}
}

// logEvents are what a coordinator can learn from a log. A read that is not stale
// finds l.fresh(); reads are what stale ones find. last is the last sequence of the
// stream, where that matters.
func (c *coordinator) logEvents(l *commitLog, reads [][]machine.Stored, last uint64) []event {
	if c.stopped {
		return nil
	}
	var es []event
	if c.opening == l.name {
		for _, r := range l.records {
			if r.Record.Kind == txwire.RecordOpen {
				es = append(es, event{kind: onOpened, log: l.name, seq: r.Seq})
			}
		}
	}
	for _, w := range c.flights {
		if w.log == l.name {
			es = append(es, c.flightEvents(w, l, last)...)
		}
	}
	if slices.Contains(c.reading, l.name) {
		fresh := l.fresh()
		es = append(es, event{kind: onRead, log: l.name, found: fresh, last: last})
		for _, r := range reads {
			es = append(es, event{kind: onRead, log: l.name, found: r, last: last, fault: true})
		}
	}
	// A scan finds a log that has records. One that is purged is found by a
	// question about it; without Asks this stands for that.
	visible := l.last() > 0 || !c.world.Asks && len(l.records) > 0
	if visible && l.name != c.opening && l.name != c.m.Log() && !slices.Contains(c.adopted, l.name) {
		es = append(es, event{kind: onAdopt, log: l.name})
		if c.left.seals > 0 {
			es = append(es, event{kind: onAdopt, log: l.name, living: true, fault: true})
		}
	}
	return es
}

// flightEvents are the answers to a write: it is acknowledged if it was ever
// stored, it mismatches if its condition does not hold, and it may stay without
// a clear answer at any time, whether it was stored or not. With lies it mismatches, too,
// by a false answer at any time too.
func (c *coordinator) flightEvents(w write, l *commitLog, last uint64) []event {
	answer := event{kind: onAnswer, log: w.log, nonce: w.record.Nonce, last: last}
	var es []event
	for _, r := range l.records {
		if r.Record.Nonce == w.record.Nonce {
			answer.answer, answer.seq = brokerStored, r.Seq
			es = append(es, answer)
		}
	}
	answer.seq = 0
	mismatch, other := brokerWrongLast, brokerWrongLastEmpty
	if l.last() == 0 {
		mismatch, other = other, mismatch
	}
	if !l.accepts(w) {
		answer.answer = mismatch
		es = append(es, answer)
	}
	unclear := []brokerAnswer{brokerTimeout, brokerInFlight, brokerFull}
	if c.world.Lies {
		unclear = append(unclear, other)
		if l.accepts(w) {
			unclear = append(unclear, mismatch)
		}
	}
	for _, u := range unclear {
		answer.answer, answer.fault = u, true
		es = append(es, answer)
	}
	if w.record.Kind != txwire.RecordSeal {
		es = append(es, readAfterEvents(w, l)...)
	}
	return es
}

// readAfterEvents are reads of the record that stands after an expectation. A
// stale one finds nothing, or a later record.
func readAfterEvents(w write, l *commitLog) []event {
	read := event{kind: onReadAfter, log: w.log, nonce: w.record.Nonce, fault: true}
	es := []event{read}
	first := true
	for _, r := range l.records {
		if r.Seq <= w.expect {
			continue
		}
		read.found = []machine.Stored{r.Stored}
		read.fault = !first || r.purged
		if !r.purged {
			first = false
		}
		es = append(es, read)
	}
	return es
}

// sealed: nothing about the log is under way any more.
func (c *coordinator) sealed(log string) bool {
	return !slices.Contains(c.reading, log) && !slices.ContainsFunc(c.flights, func(w write) bool { return w.log == log })
}
