package lease

import (
	"parley/wire/idwire"
)

// flight is one write, from when it is published until what it reserves may be
// used, or it is known that it never will.
type flight struct {
	kind flightKind
	// record is published under the condition expect, again and again without a
	// change until it is settled. base is the nonce of the record at expect.
	expect uint64
	base   string
	record idwire.Lease
	// from is the first timestamp that a claim may use.
	from int64
	// void is when the record that stands at expect means nothing any more.
	void int64
	// refuted: the broker once said that another record than expect is last.
	refuted bool
	// acked: it stands at seq.
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

// Written takes the broker's answer to the [Write] with this nonce.
func (m *Machine) Written(nonce string, answer Answer, seq uint64) {
	f := m.flight
	if m.phase != writing || f.record.Nonce != nonce {
		return
	}
	switch {
	case answer == Stored:
		m.stored(seq)
	case answer == Mismatch && !f.refuted:
		// It is another's record, or this one, of an earlier try.
		f.refuted = true
		m.ask(relearning, Learn{})
	default:
		m.wait(pausing, m.cfg.Limits.Retry)
	}
}

// settle takes what stands on the number's subject while the outcome of the
// flight is not known.
func (m *Machine) settle(found *Row) {
	f := m.flight
	switch {
	case found != nil && found.Record.Nonce == f.record.Nonce:
		f.record = found.Record
		m.stored(found.Seq)
	case m.overtaken(found, f.expect, f.base):
		m.failed(found)
	case f.refuted && f.void <= m.clock.Broker:
		// The broker says that something else stands there and does not show it.
		// It does not matter any more: the number is anybody's.
		m.lose("the broker refuses its record and shows no other")
	case !m.cfg.Verified && (f.kind == claim || m.passed(m.held.until)):
		m.lose(forgotten)
	default:
		m.publish()
	}
}

// overtaken reports whether a read proves that another's record stands after
// the one with this sequence and nonce. An older one proves nothing, and a miss
// neither: reads are stale. But a broker that forgets gives sequences again, so
// there any other record is taken for another's, and a miss too.
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

// passed reports whether others may have had the number since, and been
// forgotten by the broker: its lease was over for a while.
func (m *Machine) passed(until int64) bool { return !m.cfg.Verified && until <= m.clock.Broker }

const forgotten = "the broker may have forgotten who had it since"

// stored: the record in flight stands at seq. A claim or an extension is used
// when the stream is seen to be the same after that.
func (m *Machine) stored(seq uint64) {
	f := m.flight
	if f.kind == release {
		m.gone()
		return
	}
	f.acked, f.seq = true, seq
	m.ask(confirming, Learn{})
}

// confirmed: what the flight reserves is this process's own.
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

// failed: the flight was not stored and never will be, or what it reserved is
// over. found is what stands there instead, nil if the broker shows nothing.
func (m *Machine) failed(found *Row) {
	switch {
	case found == nil:
		m.lose("the broker shows no record of it any more")
	case m.flight.kind == claim && !m.draining:
		m.contended(*found)
	default:
		m.lose(standsThere(found))
	}
}

func standsThere(found *Row) string {
	return "another record stands in its place: " + string(found.Record.State) + " by " + found.Record.Holder
}
