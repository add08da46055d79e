package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"parley/participants/machine"
	"parley/wire"
	"parley/wire/txwire"
)

// participant is one participant: the production machine decides, and maps
// stand for the journal and the resource. With groups, messages work on a
// volatile copy, and what they answer leaves when the copy has become durable.
type participant struct {
	cfg     *Config
	name    string
	durable journal
	// group is the volatile copy, nil while none is open, and answers what
	// waits for it.
	group   *journal
	answers []*message
	// incarnation is that of the stream it remembers, empty for the first one.
	incarnation string
	// acked is the outcome it has acknowledged of each branch, for the
	// invariants only.
	acked map[txwire.ID]string
	// backup is a copy of the journal, nil if there is none; copied: there
	// was one. lost are the branches that went with a restore.
	backup *journal
	copied bool
	lost   map[txwire.ID]bool
	// behind: the stream is behind what this journal knows of it.
	behind bool
}

func newParticipant(cfg *Config, name string) *participant {
	return &participant{cfg: cfg, name: name, acked: map[txwire.ID]string{}, durable: journal{
		rows: map[txwire.ID]machine.Branch{}, keys: map[string]machine.KeyHold{},
		reserved: map[txwire.ID]bool{}, applied: map[txwire.ID]bool{},
	}}
}

func journalOf(participant string) string { return "journal-" + participant }

// Times of the abstract clock: a prepare is in time or late by choice.
const (
	decideBy = 1000
	inTime   = 500
	tooLate  = 1500
	// beyond is after every deadline.
	beyond = 2000
)

// messageEvents are the ways in which a message can be taken.
func (p *participant) messageEvents(m *message) []event {
	es := []event{{kind: onDeliver, msg: m, yes: true}}
	if p.cfg.Collects || p.cfg.Copies {
		es = append(es, event{kind: onDeliver, msg: m, yes: true, late: true, fault: true})
	}
	if m.kind == txwire.KindPrepare {
		if slices.Contains(p.cfg.Refuses, p.name) {
			es = append(es, event{kind: onDeliver, msg: m})
		}
		if p.cfg.Late {
			es = append(es, event{kind: onDeliver, msg: m, yes: true, late: true, fault: true})
		}
	}
	return es
}

// events are what can happen by itself.
func (p *participant) events() []event {
	if p.group != nil {
		return []event{{kind: onFlush}, {kind: onLoseGroup, fault: true}}
	}
	var es []event
	if p.cfg.Collects && p.durable.finished() {
		es = append(es, event{kind: onCollect, fault: true})
	}
	if p.cfg.Copies && !p.copied {
		es = append(es, event{kind: onCopy, fault: true})
	}
	if p.backup != nil {
		es = append(es, event{kind: onGoBack, fault: true})
	}
	return es
}

// restore replaces the journal by its copy.
func (p *participant) restore() {
	p.lost = map[txwire.ID]bool{}
	for _, id := range p.durable.lostFrom(p.backup) {
		p.lost[id] = true
	}
	for id := range p.acked {
		// An abort below the mark left no row, and the copy has another mark.
		if p.durable.state(id) == "" {
			p.lost[id] = true
		}
	}
	for id := range p.lost {
		delete(p.acked, id)
	}
	p.durable, p.backup = *p.backup, nil
	p.durable.floor = beyond
}

func (p *participant) do(e event) (f effects) {
	defer func() {
		if r := recover(); r != nil {
			f.broken = fmt.Sprintf("panic at %s: %v", p.name, r)
		}
	}()
	switch e.kind {
	case onFlush:
		p.flush(&f)
	case onLoseGroup:
		p.group, p.answers = nil, nil
	case onCollect:
		p.durable.collect()
	case onCopy:
		p.backup, p.copied = p.durable.clone(), true
	case onGoBack:
		p.restore()
	default:
		p.deliver(e, &f)
		if !p.cfg.Groups && p.group != nil {
			p.flush(&f)
		}
	}
	return f
}

func (p *participant) deliver(e event, f *effects) {
	j := &p.durable
	if p.group != nil {
		j = p.group
	}
	s := decide(j, p, e)
	// A journal that went back cannot distinguish what it lost from what it collected: it
	// alarms in both cases.
	if s.Violation != "" && !p.lost[e.msg.tx] && !(s.Lost && j.floor != 0) {
		f.broken = "violation at " + p.name + ": " + s.Violation
	}
	if s.Ack != nil && s.Ack.Code == wire.CodeForgotten && (j.gone[e.msg.tx] != txwire.BranchCommitted || p.lost[e.msg.tx]) {
		f.broken = "a commit counts as applied at " + p.name + ", which never applied it, or lost it: " + e.msg.tx.String()
	}
	if s.Put != nil {
		if p.group == nil {
			p.group = p.durable.clone()
		}
		if why := p.group.apply(s); why != "" {
			f.broken = p.name + ": " + why
		}
	}
	for _, a := range p.answersTo(s, e.msg.tx) {
		// A group that wrote nothing has nothing to wait for.
		if p.group == nil {
			p.send(a, f)
		} else {
			p.answer(a)
		}
	}
}

// answer keeps a message until the group is durable.
func (p *participant) answer(a *message) {
	at, found := slices.BinarySearchFunc(p.answers, a, func(x, y *message) int { return strings.Compare(x.key(), y.key()) })
	if !found {
		p.answers = slices.Insert(slices.Clip(p.answers), at, a)
	}
}

// flush makes the group durable and only then lets its answers go.
func (p *participant) flush(f *effects) {
	p.durable = *p.group
	for _, a := range p.answers {
		p.send(a, f)
	}
	p.group, p.answers = nil, nil
}

func (p *participant) send(m *message, f *effects) {
	f.sends = append(f.sends, m)
	if a, ok := m.body.(txwire.Ack); ok && a.Code == "" && !p.lost[m.tx] {
		p.acked[m.tx] = a.Of
	}
}

// decide asks the machine, and the resource when the machine asks for it.
func decide(j *journal, p *participant, e event) machine.Step {
	env := machine.Env{
		Journal: journalOf(p.name), Incarnation: p.incarnation, Now: inTime, Mark: j.mark, Floor: j.floor,
		Behind: p.behind,
	}
	if e.late {
		env.Now = tooLate
	}
	id := e.msg.tx
	switch b := e.msg.body.(type) {
	case txwire.Prepare:
		s := machine.Prepare(env, j.view(id, b.Key), id, b)
		if s.Call == machine.CallPrepare {
			if e.yes {
				s = machine.Accept(env, id, b, nil)
				s.Call = machine.CallPrepare
			} else {
				s = machine.Refuse(env, id, b, "")
			}
		}
		return s
	case txwire.Commit:
		return machine.Commit(env, j.view(id, j.rows[id].Key), b)
	case txwire.Abort:
		return machine.Abort(env, j.view(id, b.Key), id, b)
	case txwire.Resolved:
		return machine.Resolved(env, j.view(id, j.rows[id].Key), b)
	default:
		panic("a participant does not take a " + e.msg.kind)
	}
}

// answersTo is what a step sends: its vote or acknowledgement, and with a yes vote
// the question that a branch in doubt may ask from then on.
func (p *participant) answersTo(s machine.Step, id txwire.ID) []*message {
	var out []*message
	if s.Vote != nil {
		v := *s.Vote
		v.Reason = ""
		out = append(out, &message{kind: txwire.KindVote, from: p.name, tx: id, body: v})
		if v.Yes {
			out = append(out, p.question(id))
		}
	}
	if s.Ack != nil {
		a := *s.Ack
		a.Reason = ""
		out = append(out, &message{kind: txwire.KindAck, from: p.name, tx: id, body: a})
	}
	return out
}

// question is what a branch in doubt asks.
func (p *participant) question(id txwire.ID) *message {
	return &message{kind: kindResolve, from: p.name, tx: id, body: txwire.Resolve{
		V: wire.Version, ID: id, Participant: p.name, Journal: journalOf(p.name), DecideBy: decideBy,
	}}
}

func (p *participant) clone() *participant {
	c := *p
	c.durable = *p.durable.clone()
	c.acked, c.lost = maps.Clone(p.acked), maps.Clone(p.lost)
	if p.backup != nil {
		c.backup = p.backup.clone()
	}
	if p.group != nil {
		c.group = p.group.clone()
	}
	return &c
}
