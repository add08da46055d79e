package lease

import (
	"parley/wire/idwire"
)

// flight is one write, from its publication until the timestamps that it reserves may
// be used, or are known to be lost.
type flight struct {
	kind flightKind
	// record is published under the condition expect, and repeated unchanged until
	// its result is known. base is the nonce of the record at expect.
	expect uint64
	base   string
	record idwire.Lease
	// from is the first timestamp that a claim may use.
	from int64
	// void is the timestamp at which the record at expect has no effect any more.
	void int64
	// refuted means that the broker has answered that another record is last.
	refuted bool
	// acked means that the record is stored, at seq.
	acked bool
	seq   uint64
}

type flightKind uint8

const (
	claim flightKind = iota
	extension
	release
)

// write publishes a new record.
func (m *Machine) write(f *flight) {
	f.record = m.record(f.record.Worker, f.record.State, f.record.Until)
	m.flight = f
	m.publish()
}

func (m *Machine) publish() {
	m.ask(writing, Write{Expect: m.flight.expect, Record: m.flight.record})
}

// Written processes the broker's answer to the [Write] with this nonce.
func (m *Machine) Written(nonce string, answer Answer, seq uint64) {
	f := m.flight
	if m.phase != writing || f.record.Nonce != nonce {
		return
	}
	switch {
	case answer == Stored:
		m.stored(seq)
	case answer == Mismatch && !f.refuted:
		// Another process's record is last, or this one, by an earlier attempt.
		f.refuted = true
		m.ask(relearning, Learn{})
	default:
		m.wait(pausing, m.cfg.Limits.Retry)
	}
}

// settle processes the newest record of the number while the result of the flight is
// not known.
func (m *Machine) settle(found *Row) {
	f := m.flight
	switch {
	case found != nil && found.Record.Nonce == f.record.Nonce:
		f.record = found.Record
		m.stored(found.Seq)
	case m.overtaken(found, f.expect, f.base):
		m.failed(found)
	case f.refuted && f.void <= m.clock.Broker:
		// The broker reports another record but does not return it. That makes no
		// difference any more: any process may claim the number.
		m.lose("the broker refuses its record and shows no other")
	case !m.cfg.Verified && (f.kind == claim || m.passed(m.held.until)):
		m.lose(forgotten)
	default:
		m.publish()
	}
}

// overtaken reports whether a read proves that another process's record follows the
// one with this sequence and nonce. An older record, or none, proves nothing, since
// reads may be stale. But a broker that loses records assigns sequences again, so
// there any other record counts as another process's, and so does none.
func (m *Machine) overtaken(found *Row, seq uint64, nonce string) bool {
	switch {
	case m.cfg.Verified:
		return found != nil && found.Seq > seq
	case found == nil:
		return seq > 0
	default:
		return found.Record.Nonce != nonce
	}
}

// passed reports whether another process may have held the number since, in a record
// that the broker lost: the lease has passed.
func (m *Machine) passed(until int64) bool { return !m.cfg.Verified && until <= m.clock.Broker }

const forgotten = "the broker may have lost the record of a later holder"

// stored processes that the record in flight is stored at seq. A claim or an
// extension is used after the stream is confirmed to be the same.
func (m *Machine) stored(seq uint64) {
	f := m.flight
	if f.kind == release {
		m.gone()
		return
	}
	f.acked, f.seq = true, seq
	m.ask(confirming, Learn{})
}

// confirmed makes the timestamps of the flight available to this process.
func (m *Machine) confirmed() {
	f := m.flight
	if m.passed(f.record.Until) {
		m.lose(forgotten)
		return
	}
	m.flight, m.table = nil, nil
	if f.kind == claim {
		m.held = &holding{worker: f.record.Worker, from: f.from}
	}
	h := m.held
	h.seq, h.nonce, h.until = f.seq, f.record.Nonce, f.record.Until
	switch {
	case m.unfit():
		m.close()
	case f.kind == claim:
		h.installed = true
		h.from = min(max(h.from, m.clock.Broker), h.until)
		m.do(Install{Worker: h.worker, From: h.from, Until: h.until})
		m.rest()
	default:
		m.do(Extend{From: m.clock.Broker, Until: h.until})
		m.rest()
	}
}

// failed processes that the flight was not stored and never will be, or was
// superseded. found is the record in its place, nil if the broker returns none.
func (m *Machine) failed(found *Row) {
	switch {
	case found == nil:
		m.lose("the broker shows no record of it any more")
	case m.flight.kind == claim && !m.draining:
		m.contended(*found)
	default:
		m.lose(superseded(found))
	}
}

func superseded(found *Row) string {
	return "another record is in its place: " + string(found.Record.State) + " by " + found.Record.Holder
}
