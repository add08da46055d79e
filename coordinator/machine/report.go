package machine

import (
	"parley/wire"
	"parley/wire/txwire"
)

// Remind sends an interim answer to every waiting client, so that it can
// distinguish a slow coordinator from a dead one.
func (m *Machine) Remind() {
	for _, s := range m.subs {
		o := m.progress(s)
		for _, w := range s.waiters {
			m.do(Reply{To: w.To, Outcome: o})
		}
	}
}

// progress returns the interim answer to a submission. Its ID is the transaction
// that committed the submission earlier, if one is known. For a transaction that is
// committed but not applied everywhere it names a participant without an
// acknowledgement; the status is pending even then, because committed would end the
// submission.
func (m *Machine) progress(s *Submission) txwire.Outcome {
	o := txwire.Outcome{V: wire.Version, Status: txwire.StatusPending, ID: s.tx, Key: s.Key}
	t := m.txs[s.tx]
	if !s.found.IsZero() {
		o.ID = s.found
		o.Reason = "committed before as " + s.found.String() + ", not yet confirmed by every participant"
	} else if t != nil && t.State == Committed {
		for _, b := range t.Branches {
			if !b.Done {
				o.Participant, o.Reason = b.Participant, "committed, not yet acknowledged by "+b.Participant
				break
			}
		}
	}
	return o
}

// State returns the state of a transaction, and whether the machine holds it.
func (m *Machine) State(id txwire.ID) (State, bool) {
	t := m.txs[id]
	if t == nil {
		return 0, false
	}
	return t.State, true
}

// Status returns the known status of a transaction; false if it is not known.
func (m *Machine) Status(id txwire.ID) (txwire.Outcome, bool) {
	t := m.txs[id]
	if t == nil {
		a := m.adoptions[id.Log]
		if a == nil || a.phase != driving {
			return txwire.Outcome{}, false
		}
		c, ok := a.commits[id.N]
		return txwire.Outcome{V: wire.Version, Status: txwire.StatusCommitted, ID: id, Key: c.Key, Applied: true}, ok
	}
	switch t.State {
	case Committed:
		return t.outcome(txwire.StatusCommitted), true
	case Aborting:
		// The transaction is aborted; its key may or may not be closed.
		return t.outcome(txwire.StatusAborted), true
	default:
		return txwire.Outcome{V: wire.Version, Status: txwire.StatusPending, ID: id, Key: t.Key}, true
	}
}

// Report returns the state of the machine, with the oldest [wire.MaxList] of the
// transactions that are unfinished.
func (m *Machine) Report() txwire.CoordinatorState {
	r := txwire.CoordinatorState{
		V: wire.Version, Log: m.Log(), Undecided: m.undecided, Unfinished: m.Unfinished() - m.undecided,
		Committed: m.committed, Aborted: m.aborted, Abandoned: m.Abandoned(),
	}
	for log := range m.adoptions {
		r.Adopted = append(r.Adopted, log)
	}
	for _, t := range m.sorted() {
		unpublished, why := t.eventInfo()
		r.Unpublished += len(unpublished)
		if r.Problem == "" {
			r.Problem = why
		}
		if m.waits(t) && len(r.Txs) < wire.MaxList {
			r.Txs = append(r.Txs, m.info(t))
		}
	}
	return r
}

// ReportFrom returns a report that lists the transactions from an ID on, and the
// number of those that follow the listed ones.
func (m *Machine) ReportFrom(from txwire.ID) txwire.CoordinatorState {
	r := m.Report()
	r.Txs = nil
	for _, t := range m.sorted() {
		switch {
		case t.ID.Compare(from) < 0, !m.waits(t):
		case len(r.Txs) < wire.MaxList:
			r.Txs = append(r.Txs, m.info(t))
		default:
			r.More++
		}
	}
	return r
}

func (m *Machine) info(t *Tx) txwire.Info {
	info := txwire.Info{ID: t.ID, Key: t.Key, State: t.State.String()}
	for i, b := range t.Branches {
		if t.State == Preparing && b.Journal == "" || t.State >= Committed && !b.Done && !m.isAbandoned(t, &t.Branches[i]) {
			info.Waiting = append(info.Waiting, b.Participant)
		}
		if b.Violation != "" {
			if info.Violations == nil {
				info.Violations = map[string]string{}
			}
			info.Violations[b.Participant] = b.Violation
		}
	}
	info.Unpublished, info.Problem = t.eventInfo()
	return info
}
