package machine

import (
	"slices"

	"parley/wire"
	"parley/wire/txwire"
)

// abort aborts a transaction that was never appended. That needs no record: a
// transaction that is not in the log is aborted.
func (m *Machine) abort(t *Tx, why abortion) {
	if t.State == Ready {
		m.own.ready = slices.DeleteFunc(m.own.ready, func(id txwire.ID) bool { return id == t.ID })
	}
	m.undecided--
	m.aborted++
	t.State, t.abort = Aborting, why
	for i := range t.Branches {
		if !t.Branches[i].Done {
			m.sendAbort(t, &t.Branches[i])
		}
	}
	if t.sub != nil && t.sub.Once && why.close {
		// No other submission has this key, so this abort is final for the key.
		m.settle(t, txwire.StatusAborted)
	}
}

func (m *Machine) sendAbort(t *Tx, b *Branch) {
	m.do(SendAbort{To: b.Participant, ID: t.ID, Msg: txwire.Abort{
		V: wire.Version, Journal: b.Journal, Key: t.Key, Digest: t.Digest,
		DecideBy: t.DecideBy, Close: t.abort.close, Reason: wire.Clip(t.abort.reason),
	}})
}

// keyClosed records that a participant has durably closed the key.
func (m *Machine) keyClosed(t *Tx) {
	t.closed = true
	m.settle(t, txwire.StatusAborted)
}

// settle answers the clients of an aborting transaction. Clients that wait until
// it is applied are answered at the last acknowledgement.
func (m *Machine) settle(t *Tx, status txwire.Status) {
	if t.sub == nil {
		return
	}
	if status == txwire.StatusAborted && !t.allDone() {
		t.proven = true
		m.answerDecided(t.sub, t.sub.truth(t.outcome(status)))
		if len(t.sub.waiters) > 0 {
			return
		}
	}
	m.answer(t.sub, t.outcome(status))
}
