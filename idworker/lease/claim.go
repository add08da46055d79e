package lease

import (
	"slices"

	"parley/wire/idwire"
)

// Table takes the answer to [ReadTable]: the newest record of each number that
// has one, in any order. Any of them may be stale or missed.
func (m *Machine) Table(found []Row) {
	if m.phase != tabling {
		return
	}
	m.table = found
	// The broker's time is learned after the records were read, so no lease of a
	// right clock lies beyond what it allows.
	m.ask(choosing, Learn{})
}

// choose claims a number of the table, if one is free.
func (m *Machine) choose() {
	if m.refused = m.refusal(); m.refused != "" {
		m.table = nil
		m.wait(waiting, m.cfg.Limits.Standby)
		return
	}
	m.report()
	f := m.free()
	if m.allTaken = f == nil; m.allTaken {
		m.table = nil
		m.wait(waiting, m.cfg.Limits.Standby)
		return
	}
	m.write(f)
}

// free is a claim of the first free number from Start on, nil if there is none.
// One whose timestamps begin in the future is taken only if there is no other.
func (m *Machine) free() (later *flight) {
	numbers := m.cfg.Limits.Numbers
	for i := range numbers {
		f := m.claimOf((m.cfg.Start + i) % numbers)
		if f == nil {
			continue
		}
		if f.void <= m.clock.Broker {
			return f
		}
		if later == nil {
			later = f
		}
	}
	return later
}

// claimOf is a claim of a number, nil if it is not free.
func (m *Machine) claimOf(worker int) *flight {
	broker, limits := m.clock.Broker, m.cfg.Limits
	until := broker + limits.Reserve
	f := &flight{kind: claim, from: broker}
	if !m.cfg.Verified {
		// Whatever was reserved and forgotten lies below.
		f.from = until
	}
	if at := m.rowOf(worker); at >= 0 {
		old := m.table[at]
		switch old.Record.State {
		case idwire.LeaseReleased:
		case idwire.LeaseHeld, idwire.LeaseRetired:
			if old.Record.Until > broker {
				return nil
			}
		default:
			return nil
		}
		f.expect, f.base, f.void = old.Seq, old.Record.Nonce, old.Record.Until
		f.from = max(f.from, old.Record.Until)
	}
	if f.from > until || f.from == until && m.cfg.Verified {
		return nil // released in the future
	}
	f.record = idwire.Lease{Worker: worker, State: idwire.LeaseHeld, Until: until}
	return f
}

// rowOf is the number's place in the table, -1 if it has no record.
func (m *Machine) rowOf(worker int) int {
	return slices.IndexFunc(m.table, func(r Row) bool { return r.Record.Worker == worker })
}

// contended: another took the number first. The next one is tried.
func (m *Machine) contended(found Row) {
	table := slices.Clone(m.table)
	if at := m.rowOf(found.Record.Worker); at >= 0 {
		table[at] = found
	} else {
		table = append(table, found)
	}
	m.table, m.flight = table, nil
	m.ask(choosing, Learn{})
}

// report tells of the numbers that are reserved far into the future. Those that
// an operator retired are known.
func (m *Machine) report() {
	for _, r := range m.table {
		if r.Record.State == idwire.LeaseRetired || r.Record.Until <= m.clock.Broker+m.cfg.Limits.far() {
			continue
		}
		if n := r.Record.Worker; m.reported[n] != r.Seq {
			m.reported[n] = r.Seq
			m.do(Skipped{Record: r.Record, Broker: m.clock.Broker})
		}
	}
}
