package sim

import (
	"slices"

	"parley/test/explore"
	"parley/wire/txwire"
)

// What the invariants need of each part, computed once a part.

func (w *world) clientFacts(c *client) clientFacts {
	return clientFacts{key: slices.Index(w.keys, c.cfg.Key), answer: c.answer}
}

func (w *world) logFacts(l *commitLog, stored *txSet, commits *[maxKeys]uint8) {
	l.committed(func(id txwire.ID, c txwire.Committed) {
		n := w.txs.of(id)
		var one txSet
		if one.add(n); stored.and(one).empty() {
			commits[slices.Index(w.keys, c.Key)]++
		}
		stored.add(n)
	})
}

func (w *world) boxFacts(b int, messages []uint16) (f boxFacts) {
	for _, id := range messages {
		m := w.messages[b].messages[id]
		if m.kind == txwire.KindPrepare {
			n := w.txs.of(m.tx)
			f.prepares.add(n)
			w.slotTxs[w.slot(m.tx.Log)].add(n)
		}
		if m.kind != kindReply {
			continue
		}
		switch o := m.body.(txwire.Outcome); o.Status {
		case txwire.StatusCommitted:
			f.committed.add(w.txs.of(o.ID))
		case txwire.StatusAborted:
			// An aborted that does not rest on "once" claims that a journal has
			// closed the key, whoever receives it.
			f.closed = f.closed || !w.client(m.to).Once
		}
	}
	return f
}

func (w *world) client(name string) *ClientConfig {
	i := slices.IndexFunc(w.cfg.Clients, func(c ClientConfig) bool { return c.Name == name })
	return &w.cfg.Clients[i]
}

// snapshot collects what the invariants need of a state.
func (w *world) snapshot(s []uint32) *snapshot {
	into := &w.facts
	into.stored, into.commits = txSet{}, [maxKeys]uint8{}
	for i := range w.slots {
		it := w.logs.Items[s[w.atLogs+i]]
		into.stored.union(it.facts)
		for k := range w.keys {
			into.commits[k] += it.commits[k]
		}
	}
	for i := range w.cfg.Participants {
		into.parts[i] = w.participants.Items[s[w.atParts+i]].facts
	}
	for i := range w.cfg.Clients {
		b := 1 + len(w.cfg.Participants) + i
		f := &w.boxes[b].Items[s[w.atBoxes+b]].facts
		into.clients[i] = w.clients.Items[s[w.atClients+i]].facts
		into.clients[i].committed, into.clients[i].closed = f.committed, f.closed
	}
	return into
}

// Check implements [explore.Space].
func (w *world) Check(s []uint32) *explore.Broken {
	if b := w.snapshot(s).check(&w.txs); b != nil {
		return b
	}
	if w.cfg.Events {
		f := w.eventFacts(s)
		if b := f.check(&w.txs); b != nil {
			return b
		}
	}
	for i, name := range w.cfg.Participants {
		if w.participants.Items[s[w.atParts+i]].books {
			return &explore.Broken{Invariant: Books, What: "reservations and branches disagree at " + name}
		}
	}
	return nil
}

// finished: no branch is in doubt, every commit is applied everywhere, its event is
// stored, nothing is under way at a coordinator, and every client has its answer or no try
// left.
//
// A stream that went back is for a person to settle: nothing more is promised
// than that nothing false is concluded.
func (w *world) finished(s []uint32) bool {
	if w.cfg.stream() && s[w.atStream]&wentBack != 0 {
		return true
	}
	var stored txSet
	for i := range w.slots {
		stored.union(w.logs.Items[s[w.atLogs+i]].facts)
	}
	for i := range w.cfg.Participants {
		it := w.participants.Items[s[w.atParts+i]]
		if !it.facts.prepared.empty() || it.p.group != nil || !stored.minus(it.facts.committed).empty() {
			return false
		}
	}
	if f := w.eventFacts(s); w.cfg.Events && !f.owed().empty() {
		return false
	}
	for i := range w.cfg.Clients {
		if !w.clients.Items[s[w.atClients+i]].c.done() {
			return false
		}
	}
	for i := range w.cfg.Coordinators {
		if !w.coordinators.Items[s[i]].idle {
			return false
		}
	}
	return true
}
