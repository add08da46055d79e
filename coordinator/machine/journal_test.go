package machine_test

import (
	"fmt"

	"parley/coordinator/machine"
	participant "parley/participants/machine"
	"parley/wire/txwire"
)

// journal is a participant's journal, made at its first mention.
func (w *harness) journal(name string) *journal {
	if w.journals[name] == nil {
		w.journals[name] = &journal{id: name + "1", rows: map[txwire.ID]*participant.Branch{}, keys: map[string]*participant.KeyHold{}}
	}
	return w.journals[name]
}

// restore puts an empty backup in place of a journal. It has the same name.
func (w *harness) restore(name string) {
	j := w.journal(name)
	j.rows, j.keys = map[txwire.ID]*participant.Branch{}, map[string]*participant.KeyHold{}
	w.record(name, "has its journal restored from a backup of before")
}

func (j *journal) view(id txwire.ID, key string) participant.View {
	b := j.rows[id]
	if b != nil {
		key = b.Key
	}
	return participant.View{Branch: b, Key: j.keys[key]}
}

func (j *journal) env() participant.Env {
	return participant.Env{Journal: j.id, Incarnation: "stream", Now: now}
}

func (w *harness) prepare(from string, a machine.SendPrepare) {
	j := w.journal(a.To)
	s := participant.Prepare(j.env(), j.view(a.ID, a.Msg.Key), a.ID, a.Msg)
	if s.Call == participant.CallPrepare {
		// The resource decides.
		if string(a.Msg.Payload) == `"too much"` {
			s = participant.Refuse(j.env(), a.ID, a.Msg, "there is not that much")
		} else {
			s = participant.Accept(j.env(), a.ID, a.Msg, nil)
		}
	}
	w.take(from, a.To, a.ID, s)
}

func (w *harness) commit(from string, a machine.SendCommit) {
	j := w.journal(a.To)
	w.take(from, a.To, a.ID, participant.Commit(j.env(), j.view(a.ID, ""), a.Msg))
}

func (w *harness) abort(from string, a machine.SendAbort) {
	j := w.journal(a.To)
	w.take(from, a.To, a.ID, participant.Abort(j.env(), j.view(a.ID, a.Msg.Key), a.ID, a.Msg))
}

func (w *harness) resolved(from, p string, id txwire.ID, r txwire.Resolved) {
	j := w.journal(p)
	s := participant.Resolved(j.env(), j.view(id, ""), r)
	if s.Violation != "" {
		w.record(p, "ALARM: %s", s.Violation)
	}
	w.take(from, p, id, s)
}

// take performs a participant's step: it writes, and then it answers.
func (w *harness) take(to, name string, id txwire.ID, s participant.Step) {
	j := w.journal(name)
	if b := s.Put; b != nil {
		j.rows[id] = b
		key := ""
		switch s.Key {
		case participant.KeyHeld:
			j.keys[b.Key], key = &participant.KeyHold{Holder: id, Digest: b.Digest}, ", holds "+b.Key
		case participant.KeyFree:
			delete(j.keys, b.Key)
			key = ", frees " + b.Key
		case participant.KeyClose:
			j.keys[b.Key], key = &participant.KeyHold{Holder: id, Digest: b.Digest, Code: b.Code, Reason: b.Reason}, ", closes "+b.Key
		}
		if hold := j.keys[b.Key]; hold != nil && hold.Holder == id {
			hold.State = b.State // a hold follows its branch
		}
		w.record(name, "writes %v %s%s", id, b.State, key)
	}
	switch {
	case s.Vote != nil:
		text := "yes"
		if !s.Vote.Yes {
			text = fmt.Sprintf("no, %s", s.Vote.Code)
			if s.Vote.Reason != "" {
				text += ": " + s.Vote.Reason
			}
			if !s.Vote.Other.IsZero() {
				text += fmt.Sprintf(" (%v is %s)", s.Vote.Other, s.Vote.OtherState)
			}
		}
		w.send(name, to, fmt.Sprintf("vote %v: %s", id, text), w.to(to, func(m *machine.Machine) { m.Vote(id, name, *s.Vote) }))
	case s.Ack != nil:
		text := ""
		if s.Ack.Code != "" {
			text = fmt.Sprintf(", %s: %s", s.Ack.Code, s.Ack.Reason)
		}
		w.send(name, to, fmt.Sprintf("acknowledges the %s of %v%s", s.Ack.Of, id, text), w.to(to, func(m *machine.Machine) { m.Ack(id, name, *s.Ack) }))
	}
}
