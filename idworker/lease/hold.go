package lease

import (
	"parley/wire/idwire"
)

// rest waits until the lease has to be extended.
func (m *Machine) rest() {
	h, limits := m.held, m.cfg.Limits
	ms := h.until - m.clock.Broker - (limits.Reserve - limits.Renew)
	ms = min(max(ms, limits.Retry), limits.Renew)
	if m.clock.Broker < h.from {
		ms = limits.Warm
	}
	m.wait(resting, ms)
}

// unfit reports whether the number must be released.
func (m *Machine) unfit() bool {
	m.refused = m.refusal()
	// A number whose timestamps are in the future because the broker's clock was
	// wrong is given up for one whose IDs sort with the others.
	return m.draining || m.refused != "" || m.held.until > m.clock.Broker+m.cfg.Limits.far()
}

// renew extends the lease, after the broker's time was requested.
func (m *Machine) renew() {
	h := m.held
	switch until := m.clock.Broker + m.cfg.Limits.Reserve; {
	case m.unfit():
		m.close()
	case m.passed(h.until):
		m.lose(forgotten)
	case until <= h.until:
		m.do(Extend{From: m.clock.Broker, Until: h.until})
		m.rest()
	case !m.cfg.Verified:
		m.ask(checking, Read{Worker: h.worker})
	default:
		m.extend()
	}
}

// checked processes the newest record of the number on an unverified broker. If it is
// not this process's, the broker has lost that one, and another process's record may
// be stored at the sequence that an extension would expect.
func (m *Machine) checked(found *Row) {
	h := m.held
	switch {
	case !m.overtaken(found, h.seq, h.nonce):
		m.extend()
	case found == nil:
		m.lose("the broker shows no record of it any more")
	default:
		m.lose(superseded(found))
	}
}

func (m *Machine) extend() {
	h := m.held
	until := m.clock.Broker + m.cfg.Limits.Reserve
	m.write(&flight{
		kind: extension, expect: h.seq, base: h.nonce, void: until,
		record: idwire.Lease{Worker: h.worker, State: idwire.LeaseHeld, Until: until},
	})
}

// close starts the release of the number.
func (m *Machine) close() { m.ask(closing, Close{}) }

// Closed processes the answer to [Close]: the first timestamp that was not used,
// ignored if no range was installed.
func (m *Machine) Closed(floor int64) {
	if m.phase != closing {
		return
	}
	h := m.held
	if !h.installed {
		floor = h.from
	}
	if floor < h.from || floor > h.until {
		panic("lease: a range was closed at a timestamp that is not its own")
	}
	h.installed = false
	m.write(&flight{
		kind: release, expect: h.seq, base: h.nonce, void: h.until,
		record: idwire.Lease{Worker: h.worker, State: idwire.LeaseReleased, Until: floor},
	})
}

// lose gives up the number without a release. The remaining timestamps stay reserved
// for this process.
func (m *Machine) lose(why string) {
	if m.held != nil && m.held.installed {
		m.do(Lost{Worker: m.held.worker, Why: why})
	}
	m.gone()
}

// gone drops the number, and claims another one after a pause unless the process stops.
func (m *Machine) gone() {
	m.held, m.flight, m.table = nil, nil, nil
	switch {
	case m.draining:
		m.stop()
	case m.refused != "":
		m.wait(waiting, m.cfg.Limits.Standby)
	default:
		m.wait(waiting, m.cfg.Limits.Retry)
	}
}
