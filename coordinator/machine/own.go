package machine

import (
	"slices"

	"parley/wire"
	"parley/wire/txwire"
)

// ownLog is the log that this machine writes.
type ownLog struct {
	name    string
	openSeq uint64
	// last is the sequence of the newest record, which the next one expects.
	last uint64
	// next is the number of the last transaction issued.
	next uint64
	// made counts the records written, for their nonces.
	made uint64
	// ready are the transactions for the next record, in order.
	ready []txwire.ID
	// flight is the append without a definite answer, if any.
	flight *flight
	// records are those from base on, oldest first; purged is the sequence below
	// which the last purge was requested.
	records []ownRecord
	purged  uint64
	trim    bool // Trim was called
	// settled are events that no record names as settled yet.
	settled []txwire.SettledEvents
}

// flight is one pending append.
type flight struct {
	record txwire.Record
	txs    []txwire.ID // that it decides
	carry  []txwire.ID // that it carries forward
}

// ownRecord is a stored record and how many unfinished commits have their home
// in it.
type ownRecord struct {
	seq  uint64
	left int
}

// Opened processes the acknowledgement of a new log's open record.
func (m *Machine) Opened(log string, seq uint64) {
	if m.own != nil || m.closed {
		m.adopt(log)
		return
	}
	m.own = &ownLog{name: log, openSeq: seq, last: seq, records: []ownRecord{{seq: seq}}}
}

// AppendAnswer classifies the broker's answer to an append or a seal.
type AppendAnswer uint8

// Answers to a conditional publish. Only AppendStored decides; see
// [Machine.ReadAfter] for the rest.
const (
	// AppendStored: acknowledged at a sequence.
	AppendStored AppendAnswer = iota
	// AppendUnknown: no answer, "another write is in flight" (10164), the
	// stream is full (10077), or any error that proves nothing about earlier
	// attempts to append the same record.
	AppendUnknown
	// AppendMismatch: wrong last sequence (10071), another record is last.
	AppendMismatch
	// AppendGone: wrong last sequence, the subject is empty (10071 with 0).
	AppendGone
)

// tryAppend appends the ready transactions as one record (group commit), unless an
// append is in flight.
func (m *Machine) tryAppend() {
	l := m.own
	if l == nil || l.flight != nil {
		return
	}
	f := &flight{record: txwire.Record{
		V: wire.Version, Kind: txwire.RecordCommits, Prev: l.last, Base: l.base(), By: l.name,
	}}
	free := room(txwire.MaxRecordEvents)
	n := 0
	for n < min(len(l.ready), m.limits.Batch) && free.take(m.txs[l.ready[n]]) {
		n++
	}
	f.txs = slices.Clone(l.ready[:n])
	l.ready = slices.Delete(l.ready, 0, n)
	if l.trim {
		f.carry = m.toCarry(m.limits.Batch-n, &free)
	}
	settled := min(len(l.settled), txwire.MaxSettled)
	f.record.Settled = slices.Clone(l.settled[:settled])
	if n == 0 && !l.worthTrimming(f, m.limits) {
		l.trim = false
		return
	}
	l.trim = false
	l.settled = slices.Clone(l.settled[settled:])
	l.made++
	f.record.Nonce = m.nonce('a', l.made)
	for _, id := range f.txs {
		m.txs[id].State = Appending
		f.record.Commits = append(f.record.Commits, m.txs[id].committed())
	}
	for _, id := range f.carry {
		f.record.Commits = append(f.record.Commits, m.txs[id].committed())
	}
	l.flight = f
	m.do(Append{Log: l.name, Expect: l.last, Record: f.record})
}

// Appended processes the broker's answer to the append with this nonce.
func (m *Machine) Appended(log, nonce string, answer AppendAnswer, seq uint64) {
	if a := m.adoptions[log]; a != nil && a.seal == nonce {
		m.sealAnswered(a, answer, seq)
		return
	}
	l := m.own
	if l == nil || l.name != log || l.flight == nil || l.flight.record.Nonce != nonce {
		return
	}
	switch answer {
	case AppendStored:
		m.stored(seq)
	case AppendMismatch:
		m.do(ReadAfter{Log: log, After: l.last, Nonce: nonce})
	case AppendGone:
		m.giveUp("the log was sealed and purged while an append was under way", appendUnknown)
	default:
		m.do(Append{Log: log, Expect: l.last, Record: l.flight.record, Again: true})
	}
}

// ReadAfter processes the record that follows the last known one of the machine's
// own log, nil if the read did not find it.
func (m *Machine) ReadAfter(log, nonce string, found *Stored) {
	l := m.own
	if l == nil || l.name != log || l.flight == nil || l.flight.record.Nonce != nonce {
		return
	}
	switch {
	case found == nil:
		// A stale read proves nothing. The same append again is answered with
		// the same mismatch, or succeeds.
		m.do(Append{Log: log, Expect: l.last, Record: l.flight.record, Again: true})
	case found.Record.Nonce == nonce:
		m.stored(found.Seq)
	case found.Record.Prev == l.last:
		m.giveUp("another coordinator sealed the log", appendFailed)
	default:
		m.giveUp("the log was sealed, and records were purged, while an append was under way", appendUnknown)
	}
}

// stored commits the transactions of the append in flight, which is in the log.
func (m *Machine) stored(seq uint64) {
	l := m.own
	f := l.flight
	l.flight, l.last = nil, seq
	l.records = append(l.records, ownRecord{seq: seq})
	for _, id := range f.carry {
		if t := m.txs[id]; t != nil {
			l.release(t.home)
			m.settleIn(t, seq)
		}
	}
	for _, id := range f.txs {
		t := m.txs[id]
		m.undecided--
		t.State = Committed
		m.settleIn(t, seq)
		m.committed++
		if t.sub != nil {
			m.answerDecided(t.sub, t.outcome(txwire.StatusCommitted))
		}
		for i := range t.Branches {
			m.sendCommit(t, &t.Branches[i])
		}
	}
	for _, id := range f.txs {
		for _, index := range m.dropped[id] {
			m.settled(id, index)
		}
		m.publish(m.txs[id])
	}
	l.shrink()
	if f.record.Base > l.purged && (len(f.txs)+len(f.record.Settled) == 0 || m.limits.TrimAt <= l.freed(f.record.Base)) {
		l.purged = f.record.Base
		m.do(Purge{Log: l.name, Before: f.record.Base})
	}
	m.tryAppend()
}

func (m *Machine) settleIn(t *Tx, seq uint64) {
	t.home = seq
	m.own.records[len(m.own.records)-1].left++
}

// The fate of the append that was in flight when a log is given up.
const (
	appendUnknown = iota // it may be in the log
	appendFailed         // it is not in the log, and never will be
)

// giveUp gives up the machine's own log. Transactions that were never appended are
// aborted, since this machine will not append them any more. Those that may have
// been appended are answered as unknown, and nothing is sent to their participants.
// The log is then adopted like any other, which finds the commits in it.
func (m *Machine) giveUp(why string, lost int) {
	l := m.own
	m.do(LostLog{Log: l.name, Why: why})
	fenced := abortion{code: wire.CodeFenced, reason: "this coordinator lost its log before the decision: " + why}
	var inFlight []txwire.ID
	if l.flight != nil {
		inFlight = l.flight.txs
	}
	for _, t := range m.sorted() {
		if t.ID.Log != l.name || t.State == Committed || t.State == Aborting {
			continue
		}
		if lost == appendUnknown && slices.Contains(inFlight, t.ID) {
			m.undecided--
			t.abort = abortion{code: wire.CodeUndecided, reason: why}
			m.settle(t, txwire.StatusUnknown)
			m.forget(t)
			continue
		}
		m.abort(t, fenced)
		m.settle(t, txwire.StatusUnknown)
	}
	m.own = nil
	if !m.closed {
		m.do(Open{})
	}
	a := m.adopt(l.name)
	a.mine, a.flight = true, inFlight
}
