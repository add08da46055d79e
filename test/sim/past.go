package sim

import (
	"slices"

	"parley/wire/txwire"
)

// takeAway removes what can do nothing any more.
func (w *world) takeAway(s []uint32) {
	var held, open txSet
	for i := range w.cfg.Coordinators {
		held.union(w.coordinators.Items[s[i]].undecided)
		open.union(w.coordinators.Items[s[i]].uncommitted)
	}
	it := w.boxes[0].Items[s[w.atBoxes]]
	w.keep(s, 0, it.messages, func(m uint16) bool {
		f := &w.coordinatorMail[m]
		switch f.kind {
		case txwire.KindVote:
			// A vote counts while its transaction is undecided at its owner. An
			// id is given once, so what is decided or forgotten stays so.
			return held.has(f.tx)
		case txwire.KindAck:
			// That an abort is acknowledged counts until it is given up.
			return !f.abort || open.has(f.tx)
		case kindResolve:
			// Only a branch in doubt makes use of the answer. What the question
			// does to the log, a scan for silent owners does as well.
			p := &w.participants.Items[s[w.atParts+f.from]].facts
			return !p.committed.has(f.tx) && !p.aborted.has(f.tx)
		default:
			return true
		}
	})
	for i := range w.cfg.Participants {
		it := w.participants.Items[s[w.atParts+i]]
		box := &s[w.atBoxes+1+i]
		to, ok := it.past[*box]
		if !ok {
			from := *box
			w.keep(s, 1+i, w.boxes[1+i].Items[from].messages, func(m uint16) bool { return !it.p.past(w.messages[1+i].messages[m]) })
			to = *box
			it.past[from] = to
		}
		*box = to
	}
	for i := range w.cfg.Clients {
		b := 1 + len(w.cfg.Participants) + i
		c := w.clients.Items[s[w.atClients+i]].c
		w.keep(s, b, w.boxes[b].Items[s[w.atBoxes+b]].messages, func(m uint16) bool { return !c.past(w.messages[b].messages[m]) })
	}
}

// keep leaves the messages in box b that are to stay.
func (w *world) keep(s []uint32, b int, messages []uint16, stay func(uint16) bool) {
	for i, m := range messages {
		if stay(m) {
			continue
		}
		kept := slices.Clone(messages[:i])
		for _, m := range messages[i+1:] {
			if stay(m) {
				kept = append(kept, m)
			}
		}
		s[w.atBoxes+b] = w.internBox(b, kept)
		return
	}
}

// mailFacts are what takeAway needs of a message to the coordinators.
type mailFacts struct {
	kind  string
	tx    int
	from  int
	abort bool
}

func (w *world) mailFacts(m *message) mailFacts {
	f := mailFacts{kind: m.kind, from: w.participant(m.from)}
	if !m.tx.IsZero() {
		f.tx = w.txs.of(m.tx)
	}
	a, ok := m.body.(txwire.Ack)
	f.abort = ok && a.Of == txwire.KindAbort
	return f
}

// past: the client ignores it, since it has its answer or another try is
// under way. An answer that calls the key closed stays: it must be true for
// ever.
func (c *client) past(m *message) bool {
	n := *c
	n.do(event{kind: onReply, msg: m})
	return n == *c && (c.answer != "" || m.try < c.tries) && (c.cfg.Once || m.body.(txwire.Outcome).Status != txwire.StatusAborted)
}

// past: the branch is final, so that its answers are too, and all of them are
// sent. While the key is open the answers can still change to "closed". An
// outcome that contradicts the branch is kept: it must be seen.
func (p *participant) past(m *message) bool {
	row, ok := p.durable.rows[m.tx]
	if !ok || p.group != nil {
		return false
	}
	switch row.State {
	case txwire.BranchCommitted:
		return m.kind != txwire.KindAbort
	case txwire.BranchAborted:
		return m.kind == kindResolved || m.kind != txwire.KindCommit && p.durable.keys[row.Key].State == txwire.BranchAborted
	default:
		return false
	}
}
