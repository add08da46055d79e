package sim

import (
	"fmt"
	"slices"

	"parley/coordinator/machine"
	"parley/test/explore"
	"parley/wire/txwire"
)

// deliver hands a message to its receiver.
func (s *Simulation) deliver(m *message) {
	if m.to == eventStream {
		s.storeEvent(m)
		return
	}
	if m.to == "" {
		c := s.receiver(m)
		es := s.allowed(c, c.messageEvents(m))
		s.choose(c, es)
		return
	}
	for _, p := range s.participants {
		if p.name == m.to {
			es := p.messageEvents(m)
			e := es[0]
			if s.percent(refusePercent) {
				e = explore.Pick(s.Rand, es)
			}
			s.participantDo(p, e)
			return
		}
	}
	for _, c := range s.clients {
		if c.cfg.Name == m.to {
			s.clientDo(c, event{kind: onReply, msg: m})
		}
	}
}

// receiver is some coordinator for a request, and mostly the one that works on
// the log for everything else.
func (s *Simulation) receiver(m *message) *coordinator {
	if m.kind != kindSubmit && m.kind != kindResolve {
		for _, c := range s.coordinators {
			if (c.m.Log() == m.tx.Log || slices.Contains(c.adopted, m.tx.Log)) && s.IntN(4) > 0 {
				return c
			}
		}
	}
	return explore.Pick(s.Rand, s.coordinators)
}

// allowed leaves the events that may happen: a log is adopted when its owner is
// gone, or, as a fault, although it is alive.
func (s *Simulation) allowed(c *coordinator, es []event) []event {
	return slices.DeleteFunc(es, func(e event) bool {
		switch e.kind {
		case onAdopt:
			return s.ownerAlive(e.log) != e.living
		case onOwnerSilent:
			return s.ownerAlive(e.msg.tx.Log) != e.living
		default:
			return false
		}
	})
}

func (s *Simulation) ownerAlive(log string) bool {
	return slices.ContainsFunc(s.coordinators, func(c *coordinator) bool { return c.m.Log() == log || c.opening == log })
}

// stale is a read that misses records at random, and finds purged ones.
func (s *Simulation) stale(l *commitLog) []machine.Stored {
	var found []machine.Stored
	end := s.IntN(len(l.records) + 1)
	for _, r := range l.records[:end] {
		if !s.percent(20) {
			found = append(found, r.Stored)
		}
	}
	return found
}

// askAgain lets a participant ask about a branch in doubt.
func (s *Simulation) askAgain(p *participant) {
	for _, id := range p.inDoubt() {
		s.mail = append(s.mail, p.question(id))
	}
}

func (p *participant) inDoubt() (ids []txwire.ID) {
	for id, b := range p.durable.rows {
		if b.State == txwire.BranchPrepared {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, txwire.ID.Compare)
	return ids
}

func (s *Simulation) coordinatorDo(c *coordinator, e event) {
	f := c.do(e)
	s.note(fmt.Sprintf("c%d", c.index+1), e, f)
	s.spread(f)
}

func (s *Simulation) participantDo(p *participant, e event) {
	f := p.do(e)
	s.note(p.name, e, f)
	i := slices.Index(s.cfg.Participants, p.name)
	s.facts.parts[i] = p.sets(&s.txs)
	if p.durable.booksWrong() && f.broken == "" {
		f.broken = "reservations and branches disagree at " + p.name
	}
	s.spread(f)
}

func (s *Simulation) clientDo(c *client, e event) {
	f := c.do(e)
	s.note(c.cfg.Name, e, f)
	i := slices.IndexFunc(s.cfg.Clients, func(o ClientConfig) bool { return o.Name == c.cfg.Name })
	s.facts.clients[i].answer = c.answer
	s.spread(f)
}

func (s *Simulation) logDo(l *commitLog, e event) {
	l.do(e)
	s.events.addLog(l, &s.txs)
	s.note("log "+l.name, e, effects{})
	for _, c := range e.write.record.Commits {
		id := txwire.ID{Log: l.name, N: c.N}
		if _, again := s.stored[id]; !again {
			s.stored[id] = c
			s.facts.stored.add(s.txs.of(id))
			s.facts.commits[slices.Index(s.keys, c.Key)]++
		}
	}
	s.spread(effects{})
}

// spread takes what an event did to the rest of the world, and checks it.
func (s *Simulation) spread(f effects) {
	s.mail = append(s.mail, f.sends...)
	s.publish(f)
	for _, m := range f.sends {
		s.noteReply(m)
	}
	for _, w := range f.writes {
		s.log(w.log).publish(w)
	}
	for _, p := range f.purges {
		s.log(p.log).purge(p)
	}
	if f.broken != "" {
		s.fail(Loud, f.broken)
	}
	if b := s.facts.check(&s.txs); b != nil {
		s.fail(b.Invariant, b.What)
	}
}

func (s *Simulation) noteReply(m *message) {
	o, ok := m.body.(txwire.Outcome)
	if !ok {
		return
	}
	i := slices.IndexFunc(s.cfg.Clients, func(c ClientConfig) bool { return c.Name == m.to })
	switch o.Status {
	case txwire.StatusCommitted:
		s.facts.clients[i].committed.add(s.txs.of(o.ID))
	case txwire.StatusAborted:
		s.facts.clients[i].closed = s.facts.clients[i].closed || !s.cfg.Clients[i].Once
	}
}

func (s *Simulation) log(name string) *commitLog {
	for _, l := range s.logs {
		if l.name == name {
			return l
		}
	}
	s.logs = append(s.logs, &commitLog{name: name})
	return s.logs[len(s.logs)-1]
}

func (s *Simulation) fail(inv explore.Invariant, what string) {
	if s.err == nil {
		s.err = fmt.Errorf("%s: %s, after %d steps", inv, what, s.Steps())
	}
}

func (s *Simulation) note(who string, e event, f effects) {
	s.Step(func() string {
		line := who + " " + e.String()
		if text := f.String(); text != "" {
			line += " -> " + text
		}
		return line
	})
}
