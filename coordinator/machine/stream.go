package machine

import (
	"parley/wire"
	"parley/wire/txwire"
)

// StreamAt takes the last sequence of the stream, as its leader reports it, and
// one that was known to be stored before the leader was asked. A last sequence
// below the known one means that the stream went back, or that the answer is
// stale; nobody can tell the two apart at first.
//
// Until a later answer is not behind, no log is sealed, no seal is believed, and
// nothing is answered from one: a log that was restored from a backup lacks
// commits, and a seal on it would presume that they aborted. Whoever drives the
// machine writes nothing to a stream that is behind, own appends included, nor to
// one over a new connection before it has looked at it: the own log may have lost
// the seal that fences it.
func (m *Machine) StreamAt(known, last uint64) { m.behind = last < known }

// Behind reports whether the stream was behind when it was last looked at.
func (m *Machine) Behind() bool { return m.behind }

// Appending is the nonce of the own append that has no clear answer yet, empty if
// there is none.
func (m *Machine) Appending() string {
	if m.own == nil || m.own.flight == nil {
		return ""
	}
	return m.own.flight.record.Nonce
}

// answerBehind answers a question that only a seal could answer, while none is
// believed.
func (m *Machine) answerBehind(q Question) {
	r := resolved(txwire.StatusUnknown)
	r.Code, r.Reason = wire.CodeUnavailable, "the stream "+txwire.LogStream().Name+" appears to have gone back, so nothing is concluded from it"
	m.do(Answer{To: q.To, Resolved: r})
}
