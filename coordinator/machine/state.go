package machine

import (
	"encoding/binary"
	"maps"
	"slices"

	"parley/wire/txwire"
)

// Clone returns an independent copy without pending actions, for exploration.
func (m *Machine) Clone() *Machine {
	c := *m
	c.out = nil
	c.done = slices.Clone(m.done)
	c.subs = make(map[string]*Submission, len(m.subs))
	moved := make(map[*Submission]*Submission, len(m.subs))
	copySub := func(s *Submission) *Submission {
		if s == nil {
			return nil
		}
		if moved[s] == nil {
			n := *s
			n.waiters = slices.Clone(s.waiters)
			moved[s] = &n
		}
		return moved[s]
	}
	for k, s := range m.subs {
		c.subs[k] = copySub(s)
	}
	c.abandoned, c.dropped, c.backlog = maps.Clone(m.abandoned), maps.Clone(m.dropped), maps.Clone(m.backlog)
	c.txs = make(map[txwire.ID]*Tx, len(m.txs))
	for id, t := range m.txs {
		n := *t
		n.Branches, n.Events = slices.Clone(t.Branches), slices.Clone(t.Events)
		n.sub = copySub(t.sub)
		c.txs[id] = &n
	}
	c.adoptions = make(map[string]*adoption, len(m.adoptions))
	for k, a := range m.adoptions {
		n := *a
		n.asked = slices.Clone(a.asked)
		n.commits = maps.Clone(a.commits)
		c.adoptions[k] = &n
	}
	if m.own != nil {
		n := *m.own
		n.ready = slices.Clone(m.own.ready)
		n.records = slices.Clone(m.own.records)
		n.settled = slices.Clone(m.own.settled)
		c.own = &n // a flight is immutable
	}
	return &c
}

// AppendKey appends a key to b that is equal for two machines exactly when their
// future behaviour is equal, for exploration.
func (m *Machine) AppendKey(b []byte) []byte {
	k := key(b)
	k.flag(m.closed)
	k.flag(m.behind)
	k.flag(m.own != nil)
	if l := m.own; l != nil {
		k.text(l.name)
		k.num(l.openSeq, l.last, l.next, l.made, l.purged)
		k.flag(l.trim)
		k.ids(l.ready)
		k.flag(l.flight != nil)
		if f := l.flight; f != nil {
			k.num(f.record.Base)
			k.ids(f.txs)
			k.ids(f.carry)
			k.settled(f.record.Settled)
		}
		k.settled(l.settled)
		k.num(uint64(len(l.records)))
		for _, r := range l.records {
			k.num(r.seq, uint64(r.left))
		}
	}
	k.num(uint64(len(m.txs)))
	for _, t := range m.sorted() {
		k.tx(t)
		if m.own != nil && t.ID.Log == m.own.name {
			k.num(t.home)
		}
	}
	k.num(uint64(len(m.subs)))
	for _, name := range slices.Sorted(maps.Keys(m.subs)) {
		s := m.subs[name]
		k.text(name)
		k.text(s.Digest)
		k.num(uint64(s.DecideBy))
		k.flag(s.Once)
		k.text(s.tx.String())
		k.text(s.found.String())
		k.num(uint64(len(s.waiters)))
		for _, w := range s.waiters {
			k.text(w.To)
			k.text(string(w.Wait))
		}
	}
	k.num(uint64(len(m.adoptions)))
	for _, name := range slices.Sorted(maps.Keys(m.adoptions)) {
		k.adoption(m.adoptions[name])
	}
	for _, id := range slices.SortedFunc(maps.Keys(m.abandoned), txwire.ID.Compare) {
		k.text(id.String())
		for _, b := range m.abandoned[id] {
			k.text(b.Participant)
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(m.dropped), txwire.ID.Compare) {
		k.text(id.String())
		for _, i := range m.dropped[id] {
			k.num(uint64(i))
		}
	}
	k.num(uint64(len(m.done)))
	for _, d := range m.done {
		k.text(d.log)
		k.num(d.seq)
	}
	return k
}

// key builds a state key. Every part is preceded by its length or a flag, so that
// the keys of different states differ.
type key []byte

func (k *key) num(ns ...uint64) {
	for _, n := range ns {
		*k = binary.AppendUvarint(*k, n)
	}
}

func (k *key) text(s string) {
	k.num(uint64(len(s)))
	*k = append(*k, s...)
}

func (k *key) flag(f bool) {
	if f {
		*k = append(*k, 1)
	} else {
		*k = append(*k, 0)
	}
}

func (k *key) ids(ids []txwire.ID) {
	k.num(uint64(len(ids)))
	for _, id := range ids {
		k.text(id.String())
	}
}

func (k *key) tx(t *Tx) {
	k.text(t.ID.String())
	k.text(t.Key)
	k.text(t.Digest)
	k.num(uint64(t.DecideBy), uint64(t.State))
	k.flag(t.sub != nil)
	if t.State == Aborting {
		k.flag(t.abort.close)
		k.flag(t.proven)
		k.flag(t.closed)
		if t.sub != nil {
			k.text(string(t.abort.code))
		}
	}
	k.num(uint64(len(t.Branches)))
	for _, b := range t.Branches {
		k.text(b.Participant)
		k.text(b.Journal)
		k.text(string(b.Detail))
		k.flag(b.Done)
		k.flag(b.duplicate)
		k.flag(b.Violation != "")
	}
	k.num(uint64(len(t.Events)))
	for _, e := range t.Events {
		k.num(uint64(e.Index))
		k.flag(e.Settled)
	}
}

func (k *key) settled(events []txwire.SettledEvents) {
	k.num(uint64(len(events)))
	for _, s := range events {
		k.num(s.N, uint64(len(s.Indexes)))
		for _, i := range s.Indexes {
			k.num(uint64(i))
		}
	}
}

func (k *key) adoption(a *adoption) {
	k.text(a.log)
	k.num(uint64(a.phase), a.sealSeq, uint64(a.left), uint64(len(a.chain)), uint64(len(a.commits)))
	k.text(a.seal)
	k.flag(a.mine)
	k.ids(a.flight)
	for _, s := range a.chain {
		k.text(s.Record.Nonce)
		k.num(s.Seq, s.Record.Base, uint64(len(s.Record.Commits)))
		k.settled(s.Record.Settled)
		for _, c := range s.Record.Commits {
			k.committed(c)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(a.commits)) {
		k.committed(a.commits[n])
	}
	k.num(uint64(len(a.asked)))
	for _, q := range a.asked {
		k.text(q.To)
		k.text(q.Ask.ID.String())
		k.text(q.Ask.Participant)
		k.text(q.Ask.Journal)
	}
}

func (k *key) committed(c txwire.Committed) {
	k.num(c.N, uint64(c.DecideBy), uint64(len(c.Branches)), uint64(len(c.Events)))
	k.text(c.Key)
	for _, b := range c.Branches {
		k.text(b.Participant)
		k.text(b.Journal)
	}
}
