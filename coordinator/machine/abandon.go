package machine

import (
	"slices"

	"parley/wire/txwire"
)

// Abandon takes an operator's word that a branch of a commit is not worth waiting
// for: its journal is lost for good, or refuses the outcome for good. The commit
// stays what it is and where it is: it is carried forward, and its log is neither
// purged nor finished, so that a journal which comes back all the same is told
// committed; its acknowledgement ends the abandonment. Only the waiting ends:
// nothing is sent again, and the transaction no longer counts as unfinished.
//
// It may be called before the transaction is known here, and again.
func (m *Machine) Abandon(id txwire.ID, participant, journal string) {
	b := txwire.CommittedBranch{Participant: participant, Journal: journal}
	for _, known := range m.abandoned[id] {
		if known == b {
			return
		}
	}
	m.abandoned[id] = append(slices.Clip(m.abandoned[id]), b)
}

// isAbandoned reports whether a branch of a committed transaction was abandoned.
func (m *Machine) isAbandoned(t *Tx, b *Branch) bool {
	if t.State != Committed {
		return false
	}
	for _, a := range m.abandoned[t.ID] {
		if a.Participant == b.Participant && a.Journal == b.Journal {
			return true
		}
	}
	return false
}

// waits reports whether anything of a transaction is still to come: it does not if
// it is committed and all branches that have not acknowledged are abandoned.
func (m *Machine) waits(t *Tx) bool {
	if len(m.abandoned[t.ID]) == 0 {
		return true
	}
	for i := range t.Branches {
		if b := &t.Branches[i]; !b.Done && !m.isAbandoned(t, b) {
			return true
		}
	}
	return false
}

// Abandoned is the number of transactions that are held only because a branch was
// abandoned.
func (m *Machine) Abandoned() (n int) {
	for id := range m.abandoned {
		if t := m.txs[id]; t != nil && !m.waits(t) {
			n++
		}
	}
	return n
}

// waitsFor reports whether anything in a log is still to come.
func (m *Machine) waitsFor(log string) bool {
	for _, t := range m.txs {
		if t.ID.Log == log && m.waits(t) {
			return true
		}
	}
	return false
}
