package machine

import (
	"slices"

	"parley/wire"
	"parley/wire/txwire"
)

// Question is a question about a branch in doubt, with the reply subject To.
type Question struct {
	To  string
	Ask txwire.Resolve
}

// maxAsked bounds the questions that wait for one seal. A question beyond it is
// dropped, and repeated by its sender.
const maxAsked = 4096

// Resolve answers a question about a branch in doubt from the machine's own log or
// an adopted one, or forwards it to the owner.
func (m *Machine) Resolve(q Question) {
	if r, ok := m.known(q); ok {
		m.do(Answer{To: q.To, Resolved: r})
		return
	}
	if m.behind {
		m.answerBehind(q)
		return
	}
	if m.adoptions[q.Ask.ID.Log] != nil {
		m.OwnerSilent(q)
		return
	}
	m.do(AskOwner{Question: q})
}

// Owner answers a question that another coordinator forwarded to this one as the
// owner of a log. It never forwards the question.
func (m *Machine) Owner(q Question) {
	r, ok := m.known(q)
	if !ok {
		r = resolved(txwire.StatusUnknown)
	}
	m.do(Answer{To: q.To, Resolved: r})
}

// OwnerSilent seals the log in question, whose owner does not answer, or has been
// undecided for too long, unless the machine can answer by now.
func (m *Machine) OwnerSilent(q Question) {
	if r, ok := m.known(q); ok {
		m.do(Answer{To: q.To, Resolved: r})
		return
	}
	if m.behind {
		m.answerBehind(q)
		return
	}
	a := m.adopt(q.Ask.ID.Log)
	if len(a.asked) < maxAsked {
		a.asked = append(a.asked, q)
	}
}

// known returns the answer that follows from this machine's own state, if any.
func (m *Machine) known(q Question) (txwire.Resolved, bool) {
	id := q.Ask.ID
	if m.own != nil && m.own.name == id.Log {
		return m.fromOwn(q), true
	}
	if m.behind {
		return txwire.Resolved{}, false
	}
	if a := m.adoptions[id.Log]; a != nil {
		return m.fromAdoption(a, q), a.phase == driving
	}
	for _, d := range m.done {
		if d.log == id.Log {
			return presumed(q, d.seq), true
		}
	}
	return txwire.Resolved{}, false
}

func (m *Machine) fromOwn(q Question) txwire.Resolved {
	t := m.txs[q.Ask.ID]
	switch {
	case t == nil && q.Ask.ID.N > m.own.next:
		r := resolved(txwire.StatusUnknown)
		r.Code, r.Reason = wire.CodeNotFound, "this log has not issued that transaction yet"
		return r
	case t == nil:
		return presumed(q, 0)
	case t.State == Aborting:
		return resolved(txwire.StatusAborted)
	case t.State == Committed:
		return committedFor(t.committed(), q)
	default:
		return resolved(txwire.StatusPending)
	}
}

func (m *Machine) fromAdoption(a *adoption, q Question) txwire.Resolved {
	if c, ok := a.commits[q.Ask.ID.N]; ok {
		return committedFor(c, q)
	}
	return presumed(q, a.sealSeq)
}

// presumed returns the answer about a transaction that is neither held nor in the
// log. For a branch in doubt it is aborted, since a commit that the branch has not
// acknowledged would still be recorded. A question about the transaction is
// answered unknown: it may have committed, been acknowledged by all, and been
// forgotten.
func presumed(q Question, sealSeq uint64) txwire.Resolved {
	if q.Ask.Participant == "" {
		r := resolved(txwire.StatusUnknown)
		r.Code, r.Reason = wire.CodeNotFound, "finished and forgotten, or never committed; its participants know"
		return r
	}
	return txwire.Resolved{V: wire.Version, Status: txwire.StatusAborted, SealSeq: sealSeq}
}

// committedFor returns the answer about a committed transaction: aborted for a
// journal that did not vote in it, since the participant's other journal did.
func committedFor(c txwire.Committed, q Question) txwire.Resolved {
	if votedIn(c, q.Ask) {
		return resolved(txwire.StatusCommitted)
	}
	return resolved(txwire.StatusAborted)
}

// answerFound answers the questions about commits that a read found: a record that
// was found is valid, even if the read is stale.
func (m *Machine) answerFound(a *adoption, found []Stored) {
	if len(a.asked) == 0 {
		return
	}
	committed := map[uint64]txwire.Committed{}
	for _, s := range found {
		for _, c := range s.Record.Commits {
			committed[c.N] = c
		}
	}
	var still []Question
	for _, q := range a.asked {
		c, ok := committed[q.Ask.ID.N]
		if !ok || !votedIn(c, q.Ask) {
			still = append(still, q)
			continue
		}
		m.do(Answer{To: q.To, Resolved: resolved(txwire.StatusCommitted)})
	}
	a.asked = still
}

func votedIn(c txwire.Committed, ask txwire.Resolve) bool {
	if ask.Participant == "" {
		return true // asked about the transaction, not about a branch
	}
	return slices.Contains(c.Branches, txwire.CommittedBranch{Participant: ask.Participant, Journal: ask.Journal})
}

func resolved(s txwire.Status) txwire.Resolved { return txwire.Resolved{V: wire.Version, Status: s} }
