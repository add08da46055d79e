package machine

import (
	"parley/wire"
	"parley/wire/txwire"
)

// Vote processes a participant's vote.
func (m *Machine) Vote(id txwire.ID, participant string, v txwire.Vote) {
	t := m.txs[id]
	if t == nil {
		// Presumed abort: a participant in doubt requests the outcome.
		return
	}
	b := t.branch(participant)
	switch {
	case b == nil || t.State == Committed || t.State == Appending:
		return
	case t.State == Aborting:
		if v.Yes && !b.Done {
			b.Journal = v.Journal
			m.sendAbort(t, b)
		}
	case v.Yes:
		m.yes(t, b, v)
	default:
		m.no(t, b, v)
	}
}

func (m *Machine) yes(t *Tx, b *Branch, v txwire.Vote) {
	switch {
	case b.Journal == "":
		b.Journal, b.Detail = v.Journal, v.Detail
	case b.Journal != v.Journal:
		m.abort(t, abortion{
			close: true, code: wire.CodeTwoJournals, participant: b.Participant,
			reason: "two journals voted under the name " + b.Participant + ": " + b.Journal + " and " + v.Journal,
		})
		return
	}
	if t.State == Preparing && t.allYes() && t.sub.found.IsZero() {
		t.State = Ready
		m.own.ready = append(m.own.ready, t.ID)
		m.tryAppend()
	}
}

func (m *Machine) no(t *Tx, b *Branch, v txwire.Vote) {
	if b.Journal != "" && b.Journal == v.Journal && v.Code != wire.CodeAborted && v.Code != wire.CodeViolation {
		// An older answer of a journal that has voted yes since.
		return
	}
	why := abortion{code: v.Code, reason: v.Reason, participant: b.Participant}
	switch v.Code {
	case wire.CodeDuplicate:
		m.duplicate(t, b, v)
	case wire.CodeClosed:
		// The answer is that of the transaction that closed the key.
		s := t.sub
		m.abort(t, abortion{code: v.Code, reason: v.Reason})
		o := t.outcome(txwire.StatusAborted)
		o.ID = v.Other
		m.answer(s, o)
	case wire.CodeConflict:
		m.abort(t, why)
		m.settle(t, txwire.StatusRejected)
	case wire.CodeContended:
		m.abort(t, why)
		m.settle(t, txwire.StatusUnknown)
	case wire.CodeAborted, wire.CodeViolation, wire.CodeLate, wire.CodeUnavailable:
		// Another coordinator decided this transaction, clocks differ, or the
		// participant does not vote at present: the same submission may still
		// commit as another transaction.
		m.abort(t, why)
		if v.Closed {
			m.keyClosed(t)
		} else {
			m.settle(t, txwire.StatusUnknown)
		}
	default:
		why.close = true
		// A refusal that closed the key is the branch's end: it needs no abort.
		b.Done = v.Closed
		m.abort(t, why)
		if v.Closed {
			m.keyClosed(t)
		}
		if t.allDone() {
			m.GiveUp(t.ID)
		}
	}
}

// duplicate processes a no vote because another transaction with the same key and
// content holds the key at the participant.
func (m *Machine) duplicate(t *Tx, b *Branch, v txwire.Vote) {
	switch {
	case v.OtherState == txwire.BranchCommitted:
		b.duplicate = true
		t.sub.found = v.Other
		m.answerDecided(t.sub, t.sub.earlier(false))
		if applied := t.allDuplicate(); applied || len(t.sub.waiters) == 0 {
			s := t.sub
			m.abort(t, abortion{code: wire.CodeDuplicate, reason: "the key committed as " + v.Other.String()})
			m.answer(s, s.earlier(applied))
		}
	case t.ID.Compare(v.Other) < 0:
		// The other one yields; the next resend repeats the prepare.
	default:
		// Two transactions that wait for each other, or abort each other, would
		// never end: the larger ID yields, leaves the key free, and starts again.
		s := t.sub
		m.abort(t, abortion{code: wire.CodeDuplicate, reason: "made way for " + v.Other.String() + " with the same key"})
		if s != nil {
			s.tx, s.Once, t.sub = txwire.ID{}, false, nil
			s.restarts++
			m.do(Restart{Key: s.Key, DecideBy: s.DecideBy, Tries: s.restarts})
		}
	}
}

// NoSubscriber processes the broker's notice that a prepare has no subscriber.
func (m *Machine) NoSubscriber(id txwire.ID, participant string) {
	t := m.txs[id]
	if t == nil || t.State != Preparing {
		return
	}
	if b := t.branch(participant); b != nil && b.Journal == "" {
		m.abort(t, abortion{
			close: true, code: wire.CodeNoParticipant, participant: participant,
			reason: "no service answers for the participant " + participant,
		})
	}
}

// Deadline processes that a transaction's decide_by has passed.
func (m *Machine) Deadline(id txwire.ID) {
	t := m.txs[id]
	if t == nil || (t.State != Preparing && t.State != Ready) {
		return
	}
	why := abortion{close: true, code: wire.CodeTimeout, reason: "the decision did not become durable in time"}
	for _, b := range t.Branches {
		if b.Journal == "" {
			why.participant = b.Participant
			why.reason = b.Participant + " did not vote in time"
			break
		}
	}
	m.abort(t, why)
}
