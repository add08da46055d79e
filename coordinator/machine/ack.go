package machine

import (
	"parley/wire"
	"parley/wire/txwire"
)

func (m *Machine) sendCommit(t *Tx, b *Branch) {
	m.do(SendCommit{To: b.Participant, ID: t.ID, Msg: txwire.Commit{V: wire.Version, Journal: b.Journal, DecideBy: t.DecideBy}})
}

// Ack processes a participant's acknowledgement of an outcome.
func (m *Machine) Ack(id txwire.ID, participant string, a txwire.Ack) {
	t := m.txs[id]
	if t == nil {
		return
	}
	b := t.branch(participant)
	switch {
	case b == nil || b.Done:
	case a.Code == wire.CodeViolation:
		if b.Violation == "" {
			b.Violation = a.Reason
			m.do(Alarm{ID: id, Participant: participant, Text: a.Reason})
		}
	case t.State == Committed && a.Of == txwire.KindCommit && a.Journal == b.Journal:
		b.Done = true
		if a.Code == wire.CodeForgotten {
			m.do(Forgotten{ID: id, Participant: participant})
		}
		m.finish(t)
	case t.State == Aborting && a.Of == txwire.KindAbort:
		b.Done = true
		if a.Closed {
			m.keyClosed(t)
		}
		if t.allDone() {
			m.GiveUp(id)
		}
	}
}

// finish forgets a commit that every participant has acknowledged and whose events are
// settled. Clients do not wait for the events.
func (m *Machine) finish(t *Tx) {
	if !t.allDone() {
		return
	}
	m.answer(t.sub, t.outcome(txwire.StatusCommitted))
	if len(t.unsettled()) > 0 {
		return
	}
	m.forget(t)
	if l := m.own; l != nil && t.ID.Log == l.name {
		l.release(t.home)
	}
	if a := m.adoptions[t.ID.Log]; a != nil && a.phase == driving {
		a.left--
		m.finishAdoption(a)
	}
}

func (m *Machine) forget(t *Tx) {
	m.uncount(t.unsettled()...)
	delete(m.txs, t.ID)
	delete(m.abandoned, t.ID)
	delete(m.dropped, t.ID)
	m.do(Unwatch{ID: t.ID})
}

// Resend repeats the messages of a transaction that are not answered yet.
func (m *Machine) Resend(id txwire.ID) {
	t := m.txs[id]
	if t == nil {
		return
	}
	for i := range t.Branches {
		b := &t.Branches[i]
		switch {
		case b.Done:
		case t.State == Preparing && b.Journal == "":
			m.prepare(t, i)
		case m.isAbandoned(t, b):
		case t.State == Committed:
			m.sendCommit(t, b)
		case t.State == Aborting:
			m.sendAbort(t, b)
		}
	}
	if t.State == Committed {
		t.remindOfEvents()
		m.publish(t)
	}
}

// GiveUp ends the resends of an abort. A participant that has not acknowledged it
// is in doubt at worst, and resolves that with its own request. A client that still
// waits is answered unknown, since no participant has closed the key. Commits are
// never given up.
func (m *Machine) GiveUp(id txwire.ID) {
	t := m.txs[id]
	if t == nil || t.State != Aborting {
		return
	}
	if t.proven {
		m.answer(t.sub, t.outcome(txwire.StatusAborted))
	}
	m.settle(t, txwire.StatusUnknown)
	m.forget(t)
}
