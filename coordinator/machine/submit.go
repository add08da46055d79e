package machine

import (
	"fmt"
	"slices"

	"parley/wire"
	"parley/wire/txwire"
)

// Submit starts a transaction for a client, or adds the client to the submission
// that holds its key.
func (m *Machine) Submit(s Submission, w Waiter) {
	if sub := m.subs[s.Key]; sub != nil {
		m.join(sub, s, w)
		return
	}
	switch {
	case m.closed:
		m.reject(s.Key, w, wire.CodeUnavailable, "this coordinator is stopping")
	case m.own == nil:
		m.reject(s.Key, w, wire.CodeUnavailable, "this coordinator has no log at the moment; is the broker up, and its stream TXLOG not full?")
	case m.undecided >= m.limits.Undecided:
		m.reject(s.Key, w, wire.CodeBusy, fmt.Sprintf("%d transactions are undecided here, the limit is %d", m.undecided, m.limits.Undecided))
	case len(m.txs) >= m.limits.Unfinished:
		m.reject(s.Key, w, wire.CodeBusy, fmt.Sprintf("%d transactions are unfinished here, the limit is %d; is a participant away?", len(m.txs), m.limits.Unfinished))
	case m.busyStream(s.Events) != "":
		m.reject(s.Key, w, wire.CodeBusy, m.busyStream(s.Events))
	default:
		s.waiters = []Waiter{w}
		m.subs[s.Key] = &s
		m.start(&s)
	}
}

// join adds a client that repeats a key to the unanswered submission.
func (m *Machine) join(sub *Submission, s Submission, w Waiter) {
	t := m.txs[sub.tx]
	committed := t != nil && t.State == Committed
	if sub.Once && t != nil {
		// Now another submission has the key, and there may be more of them: an
		// abort that only Once proved final is no longer proven.
		t.proven = t.closed
	}
	sub.Once = false
	switch {
	case sub.Digest != s.Digest && committed:
		m.reject(s.Key, w, wire.CodeConflict, "the key was used before for a transaction with other content")
	case sub.Digest != s.Digest:
		m.reject(s.Key, w, wire.CodeContended, "the key is held by a transaction with other content that is not decided yet")
	case committed && w.Wait != txwire.WaitApplied:
		m.do(Reply{To: w.To, Outcome: t.outcome(txwire.StatusCommitted)})
	case t != nil && t.proven && w.Wait != txwire.WaitApplied:
		m.do(Reply{To: w.To, Outcome: sub.truth(t.outcome(txwire.StatusAborted))})
	default:
		// Earlier waiters have often disconnected; a live client repeats.
		if len(sub.waiters) == maxWaiters {
			sub.waiters = slices.Delete(sub.waiters, 0, 1)
		}
		sub.waiters = append(sub.waiters, w)
	}
}

// maxWaiters bounds the clients that wait for one submission. Beyond it the oldest
// is dropped without an answer, and submits again if it is still running. A
// transaction can wait for a participant for days, and each of its clients is sent
// an interim answer every second.
const maxWaiters = 64

func (m *Machine) reject(key string, w Waiter, code wire.Code, reason string) {
	m.do(Reply{To: w.To, Outcome: txwire.Outcome{V: wire.Version, Status: txwire.StatusRejected, Key: key, Code: code, Reason: reason}})
}

// start starts the next transaction of a submission.
func (m *Machine) start(s *Submission) {
	m.own.next++
	t := &Tx{
		ID: txwire.ID{Log: m.own.name, N: m.own.next}, Key: s.Key, Digest: s.Digest, DecideBy: s.DecideBy, sub: s,
		Branches: make([]Branch, len(s.Branches)), Events: newEvents(s.Events),
	}
	m.count(t)
	for i, b := range s.Branches {
		t.Branches[i].Participant = b.Participant
	}
	s.tx = t.ID
	m.txs[t.ID] = t
	m.undecided++
	m.do(Watch{ID: t.ID, DecideBy: t.DecideBy})
	for i := range t.Branches {
		m.prepare(t, i)
	}
}

func (m *Machine) prepare(t *Tx, i int) {
	m.do(SendPrepare{To: t.Branches[i].Participant, ID: t.ID, Msg: txwire.Prepare{
		V: wire.Version, Key: t.Key, Digest: t.Digest, DecideBy: t.DecideBy,
		OpenSeq: m.own.openSeq, Payload: t.sub.Branches[i].Payload,
	}})
}

// Restarted starts the next transaction of a submission that yielded, or, if
// expired, ends the submission as unknown.
func (m *Machine) Restarted(key string, expired bool) {
	s := m.subs[key]
	if s == nil || !s.tx.IsZero() {
		return
	}
	if expired || m.own == nil {
		m.answer(s, txwire.Outcome{
			V: wire.Version, Status: txwire.StatusUnknown, Key: key, Code: wire.CodeUndecided,
			Reason: "another transaction with this key is not decided yet",
		})
		return
	}
	m.start(s)
}

// answer sends an outcome to every waiting client and ends the submission.
func (m *Machine) answer(s *Submission, o txwire.Outcome) {
	if s == nil {
		return
	}
	o = s.truth(o)
	for _, w := range s.waiters {
		m.do(Reply{To: w.To, Outcome: o})
	}
	s.waiters = nil
	m.endSubmission(s)
}

// answerDecided sends an outcome to the clients that wait for the decision only.
func (m *Machine) answerDecided(s *Submission, o txwire.Outcome) {
	var later []Waiter
	for _, w := range s.waiters {
		if w.Wait == txwire.WaitApplied {
			later = append(later, w)
			continue
		}
		m.do(Reply{To: w.To, Outcome: o})
	}
	s.waiters = later
}

// truth returns o, unless s is known to have committed before.
func (s *Submission) truth(o txwire.Outcome) txwire.Outcome {
	if !s.found.IsZero() && o.ID != s.found {
		return s.earlier(false)
	}
	return o
}

// earlier returns the outcome of the transaction that committed s before.
func (s *Submission) earlier(applied bool) txwire.Outcome {
	return txwire.Outcome{V: wire.Version, Status: txwire.StatusCommitted, ID: s.found, Key: s.Key, Applied: applied}
}

func (m *Machine) endSubmission(s *Submission) {
	if m.subs[s.Key] == s {
		delete(m.subs, s.Key)
	}
	if t := m.txs[s.tx]; t != nil && t.sub == s {
		t.sub = nil
	}
}
