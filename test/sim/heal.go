package sim

import (
	"maps"
	"slices"

	"parley/coordinator/machine"
	"parley/wire/txwire"
)

// Bounds on the healed world: after maxRounds it must have come to rest, and
// time passes (deadlines, aborts that are given up) from timeRound on.
const (
	maxRounds = 60
	timeRound = 5
)

// heal ends all faults. In each round every message is delivered, every log
// applies what is pending, every group becomes durable, and every timer fires.
func (s *Simulation) heal() {
	for round := range maxRounds {
		for n := 0; len(s.mail) > 0 && s.err == nil; n++ {
			if n == 1_000_000 {
				s.fail(I3, "messages do not end in a world without faults")
			}
			m := s.mail[0]
			s.mail = s.mail[1:]
			s.deliverAll(m)
			s.flushAll()
		}
		for _, l := range s.logs {
			for es := l.events(); len(es) > 0 && s.err == nil; es = l.events() {
				s.logDo(l, es[0])
			}
		}
		for _, c := range s.coordinators {
			s.healLogs(c)
			s.healTimers(c, round)
			s.abandonLost(c)
		}
		s.flushAll()
		for _, p := range s.participants {
			s.askAgain(p)
		}
		if s.err != nil || s.rest() {
			return
		}
	}
	s.fail(I3, "the healed world does not come to rest: "+s.unrest())
}

// deliverAll delivers without a fault: what concerns a log to all, a request
// to one coordinator.
func (s *Simulation) deliverAll(m *message) {
	if m.to != "" || m.kind == kindSubmit {
		s.deliverWell(m)
		return
	}
	for _, c := range s.coordinators {
		for _, e := range s.allowed(c, c.messageEvents(m)) {
			if !e.fault {
				s.coordinatorDo(c, e)
			}
		}
	}
}

func (s *Simulation) deliverWell(m *message) {
	if m.to == eventStream {
		s.storeEvent(m)
		return
	}
	if m.kind == kindSubmit {
		for _, c := range s.coordinators {
			if c.m.Log() != "" {
				s.coordinatorDo(c, event{kind: onSubmit, msg: m})
				return
			}
		}
		return
	}
	for _, p := range s.participants {
		if p.name == m.to {
			s.participantDo(p, p.messageEvents(m)[0])
			return
		}
	}
	for _, c := range s.clients {
		if c.cfg.Name == m.to {
			s.clientDo(c, event{kind: onReply, msg: m})
		}
	}
}

func (s *Simulation) flushAll() {
	for _, p := range s.participants {
		if p.group != nil {
			s.participantDo(p, event{kind: onFlush})
		}
	}
}

func (s *Simulation) healLogs(c *coordinator) {
	for _, l := range s.logs {
		for _, e := range s.allowed(c, c.logEvents(l, nil, 0)) {
			if !e.fault {
				s.coordinatorDo(c, e)
			}
		}
	}
}

// abandonLost does what an operator does about commits at a journal that went back:
// it refuses what it lost, and cannot distinguish that from what it has collected.
func (s *Simulation) abandonLost(c *coordinator) {
	for _, id := range slices.SortedFunc(maps.Keys(s.stored), txwire.ID.Compare) {
		if state, _ := c.m.State(id); state != machine.Committed {
			continue
		}
		for _, b := range s.stored[id].Branches {
			if s.participant(b.Participant).durable.floor != 0 {
				s.coordinatorDo(c, event{kind: onAbandon, tx: id, name: b.Participant})
			}
		}
	}
}

func (s *Simulation) participant(name string) *participant {
	return s.participants[slices.Index(s.cfg.Participants, name)]
}

func (s *Simulation) healTimers(c *coordinator, round int) {
	for _, id := range slices.Clone(c.watched) {
		s.coordinatorDo(c, event{kind: onResend, tx: id})
		if round >= timeRound {
			s.coordinatorDo(c, event{kind: onDeadline, tx: id})
			s.coordinatorDo(c, event{kind: onGiveUp, tx: id})
		}
	}
	for _, key := range slices.Clone(c.restarts) {
		s.coordinatorDo(c, event{kind: onRestarted, name: key, yes: round >= timeRound})
	}
}

// rest: nothing is in doubt, every commit is applied everywhere, and nothing
// is under way at a coordinator.
func (s *Simulation) rest() bool { return s.unrest() == "" }

func (s *Simulation) unrest() string {
	for _, p := range s.participants {
		if ids := p.inDoubt(); len(ids) > 0 {
			return ids[0].String() + " is in doubt at " + p.name
		}
	}
	for id, c := range s.stored {
		for _, b := range c.Branches {
			p := s.participant(b.Participant)
			if !p.lost[id] && p.durable.state(id) != txwire.BranchCommitted {
				return id.String() + " is not applied at " + b.Participant
			}
		}
	}
	if owed := s.events.owed(); !owed.empty() {
		return "the event of " + s.txs.ids[owed.first()].String() + " is not stored"
	}
	for _, c := range s.coordinators {
		if n := c.m.Unfinished(); n > 0 {
			return "a coordinator has something unfinished"
		}
	}
	return ""
}
