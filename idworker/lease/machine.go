package lease

import (
	"fmt"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"
)

// Config is what a [Machine] is told about its process.
type Config struct {
	// Holder names the process in its records, for people: 16 characters a-z
	// and 0-9.
	Holder string
	// Prefix is random, of [PrefixLen] characters a-z and 0-9, fresh at every
	// start: records are recognised by it.
	Prefix string
	// Start is the worker number at which to begin looking, random, so that
	// processes that start at once do not fight over the same one.
	Start int
	// Verified: the broker is known to keep what it acknowledged.
	Verified bool
	Limits   Limits
}

// PrefixLen is the length of [Config.Prefix]: 50 random bits.
const PrefixLen = 10

// Machine is the lease of one process. The zero value is not usable, see [New].
type Machine struct {
	cfg   Config
	phase phase
	// made counts the records written, for their names.
	made uint64
	// clock is the last comparison with the broker's.
	clock Clock
	// table is what was read of the numbers, while claiming.
	table []Row
	// held is the number this process has, nil while it has none.
	held *holding
	// flight is the write whose outcome is not known, or not used, yet.
	flight *flight
	// refused says why no IDs may be made, empty if they may.
	refused string
	// allTaken: no number was free at the last look.
	allTaken bool
	draining bool
	// reported has the sequences of the records that [Skipped] was said of.
	reported [snowflake.MaxWorker + 1]uint64

	out []Action
}

// phase says which answer the machine waits for, and what for.
type phase uint8

const (
	tabling    phase = iota // ReadTable
	choosing                // Learn, before a claim
	writing                 // Write
	confirming              // Learn, after a write that is stored
	pausing                 // Wait, before the flight is asked about again
	relearning              // Learn, before the flight is read back
	settling                // Read, of the flight
	resting                 // Wait, with a number
	renewing                // Learn, before an extension
	checking                // Read, before an extension on an unverified broker
	closing                 // Close
	waiting                 // Wait, without a number
	stopped
)

// holding is a number that this process has.
type holding struct {
	worker int
	// seq and nonce are those of its newest record.
	seq   uint64
	nonce string
	// The timestamps [from, until) are the process's own and confirmed.
	from, until int64
	// installed: from and until were given to the driver.
	installed bool
}

// New makes the machine of a process that wants a number.
func New(cfg Config) *Machine {
	m := &Machine{cfg: cfg}
	m.ask(tabling, ReadTable{})
	return m
}

// Actions hands over what is to be done since the last call.
func (m *Machine) Actions() []Action {
	out := m.out
	m.out = nil
	return out
}

func (m *Machine) do(a Action) { m.out = append(m.out, a) }

// ask does a and waits in the phase p for its answer.
func (m *Machine) ask(p phase, a Action) {
	m.phase = p
	m.do(a)
}

func (m *Machine) wait(p phase, ms int64) { m.ask(p, Wait{MS: ms}) }

// Learned takes the answer to [Learn].
func (m *Machine) Learned(c Clock) {
	switch m.phase {
	case choosing, confirming, relearning, renewing:
		m.clock = c
	default:
		return
	}
	switch m.phase {
	case choosing:
		m.choose()
	case confirming:
		m.confirmed()
	case relearning:
		m.ask(settling, Read{Worker: m.flight.record.Worker})
	case renewing:
		m.renew()
	}
}

// Found takes the answer to [Read]: the newest record that was found, nil if
// none was. The read may be stale.
func (m *Machine) Found(found *Row) {
	switch m.phase {
	case settling:
		m.settle(found)
	case checking:
		m.checked(found)
	}
}

// Failed says that a [ReadTable], a [Learn] or a [Read] had no answer.
func (m *Machine) Failed() {
	switch m.phase {
	case tabling, choosing:
		m.wait(waiting, m.cfg.Limits.Retry)
	case confirming, relearning, settling:
		m.wait(pausing, m.cfg.Limits.Retry)
	case renewing, checking:
		m.wait(resting, m.cfg.Limits.Retry)
	}
}

// Woke says that a [Wait] is over.
func (m *Machine) Woke() {
	switch m.phase {
	case waiting:
		m.ask(tabling, ReadTable{})
	case resting:
		m.ask(renewing, Learn{})
	case pausing:
		if m.flight.acked {
			m.ask(confirming, Learn{})
		} else {
			m.ask(relearning, Learn{})
		}
	}
}

// Drain gives the number back, at once or when it is known whether there is
// one. A [Wait] that is under way ends with it. [Machine.Stopped] tells when
// nothing is left to do; a process that cannot wait for that loses nothing but
// the number, for as long as its lease reaches.
func (m *Machine) Drain() {
	m.draining = true
	switch m.phase {
	case tabling, choosing, waiting:
		m.stop()
	case resting, renewing, checking:
		m.close()
	case pausing:
		m.Woke()
	}
}

// stop ends the machine. What is left of a number that was lost is closed too.
func (m *Machine) stop() {
	m.table, m.flight, m.held = nil, nil, nil
	m.ask(stopped, Close{})
}

// Stopped reports that the machine was told to drain and has nothing left to do.
func (m *Machine) Stopped() bool { return m.phase == stopped }

// nonce names a record. That it wraps after 2^30 does not matter: it has to be
// unique among the records that one process could confuse, those of one number
// after one sequence.
func (m *Machine) nonce() string {
	const digits = "abcdefghijklmnopqrstuvwxyz234567"
	m.made++
	var b [PrefixLen + 6]byte
	copy(b[:], m.cfg.Prefix)
	for i, n := len(b)-1, m.made; i >= PrefixLen; i, n = i-1, n>>5 {
		b[i] = digits[n&31]
	}
	return string(b[:])
}

// record is a new one of this process.
func (m *Machine) record(worker int, state idwire.LeaseState, until int64) idwire.Lease {
	return idwire.Lease{
		V: wire.Version, Worker: worker, State: state, Until: until,
		Holder: m.cfg.Holder, Nonce: m.nonce(), At: m.clock.Broker + snowflake.EpochMS,
	}
}

// refusal says why no IDs may be made by these clocks, empty if they may.
func (m *Machine) refusal() string {
	c, limits := m.clock, m.cfg.Limits
	switch {
	case c.Broker < 1 || c.Broker > snowflake.MaxTimestamp-limits.Reserve:
		return fmt.Sprintf("the broker's clock reads %d ms since 1970, and IDs can be made from 2026 to 2095: set it right", c.Broker+snowflake.EpochMS)
	case c.ahead() > limits.Ahead:
		return fmt.Sprintf("this clock is %d ms ahead of the broker's, allowed are %d: set it right", c.ahead(), limits.Ahead)
	default:
		return ""
	}
}
