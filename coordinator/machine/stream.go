package machine

import (
	"parley/wire"
	"parley/wire/txwire"
)

// StreamAt takes the last sequence that the stream's leader reported, and one that
// was known to be stored before the request. A last sequence below the known one
// means that the stream went back, or that the report is stale; the two cannot be
// distinguished at first.
//
// Until a later report is not behind, no log is sealed, no seal is trusted, and no
// question is answered from one: a log that was restored from a backup lacks
// commits, and a seal on it would presume that they aborted. The driver writes
// nothing to a stream that is behind, appends to the machine's own log included,
// and nothing over a new connection before it has checked the stream: the
// machine's own log may have lost the seal that fences it.
func (m *Machine) StreamAt(known, last uint64) { m.behind = last < known }

// Behind reports whether the stream was behind at the last check.
func (m *Machine) Behind() bool { return m.behind }

// Appending returns the nonce of the pending append to the machine's own log, empty
// if there is none.
func (m *Machine) Appending() string {
	if m.own == nil || m.own.flight == nil {
		return ""
	}
	return m.own.flight.record.Nonce
}

// answerBehind answers unknown to a question that only a seal could answer, while
// no seal is trusted.
func (m *Machine) answerBehind(q Question) {
	r := resolved(txwire.StatusUnknown)
	r.Code, r.Reason = wire.CodeUnavailable, "the stream "+txwire.LogStream().Name+" appears to have gone back, so nothing is concluded from it"
	m.do(Answer{To: q.To, Resolved: r})
}
