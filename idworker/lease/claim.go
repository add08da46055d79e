package lease

import (
	"slices"

	"parley/wire/idwire"
)

// Table processes the answer to [ReadTable]: the newest record of each number that
// has one, in any order. Any of them may be stale or missing.
func (m *Machine) Table(found []Row) {
	if m.phase != tabling {
		return
	}
	m.table = found
	// The broker's time is requested after the records were read, so the leases of
	// processes with correct clocks are within its bound.
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

// free returns a claim of the first free number from Start on, nil if there is none.
// A number whose timestamps begin in the future is chosen only if there is no other.
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

// claimOf returns a claim of a number, nil if it is not free.
func (m *Machine) claimOf(worker int) *flight {
	broker, limits := m.clock.Broker, m.cfg.Limits
	until := broker + limits.Reserve
	f := &flight{kind: claim, from: broker}
	if !m.cfg.Verified {
		// Every reservation in a lost record is below.
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

// rowOf returns the number's index in the table, -1 if it has no record.
func (m *Machine) rowOf(worker int) int {
	return slices.IndexFunc(m.table, func(r Row) bool { return r.Record.Worker == worker })
}

// contended tries the next number, after another process claimed this one first.
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

// report reports the numbers that are reserved far into the future, except those that
// an operator retired.
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
