package machine

import (
	"slices"

	"parley/wire/txwire"
)

// Abandon records an operator's decision to stop waiting for a branch of a commit
// because its journal is lost, or refuses the outcome, permanently. The commit
// itself is kept: it is carried forward, and its log is neither purged nor
// finished, so that a journal that returns after all still receives the commit; its
// acknowledgement ends the abandonment. Only the waiting ends: the commit is not
// resent, and the transaction no longer counts as unfinished.
//
// Abandon is idempotent and may precede the transaction.
func (m *Machine) Abandon(id txwire.ID, participant, journal string) {
	b := txwire.CommittedBranch{Participant: participant, Journal: journal}
	if slices.Contains(m.abandoned[id], b) {
		return
	}
	m.abandoned[id] = append(slices.Clip(m.abandoned[id]), b)
}

// isAbandoned reports whether a branch of a committed transaction was abandoned.
func (m *Machine) isAbandoned(t *Tx, b *Branch) bool {
	return t.State == Committed &&
		slices.Contains(m.abandoned[t.ID], txwire.CommittedBranch{Participant: b.Participant, Journal: b.Journal})
}

// waits reports whether a transaction still waits for a message. It does not if
// it is committed and all branches without an acknowledgement are abandoned.
func (m *Machine) waits(t *Tx) bool {
	if len(m.abandoned[t.ID]) == 0 || t.State == Committed && len(t.unsettled()) > 0 {
		return true
	}
	for i := range t.Branches {
		if b := &t.Branches[i]; !b.Done && !m.isAbandoned(t, b) {
			return true
		}
	}
	return false
}

// Abandoned returns the number of transactions that are held only because a branch
// was abandoned.
func (m *Machine) Abandoned() (n int) {
	for id := range m.abandoned {
		if t := m.txs[id]; t != nil && !m.waits(t) {
			n++
		}
	}
	return n
}

// waitsFor reports whether a transaction of the log still waits for a message.
func (m *Machine) waitsFor(log string) bool {
	for _, t := range m.txs {
		if t.ID.Log == log && m.waits(t) {
			return true
		}
	}
	return false
}
