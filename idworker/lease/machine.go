package lease

import (
	"fmt"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"
)

// Config configures a [Machine].
type Config struct {
	// Holder names the process in its records, for operators: 16 characters a-z
	// and 0-9.
	Holder string
	// Prefix consists of [PrefixLen] random characters a-z and 0-9, new at every
	// start: the machine recognises its records by it.
	Prefix string
	// Start is the first worker number to try, random, so that processes that start
	// at the same time do not compete for the same one.
	Start int
	// Verified means that the broker is known to keep what it acknowledged.
	Verified bool
	Limits   Limits
}

// PrefixLen is the length of [Config.Prefix]: 50 random bits.
const PrefixLen = 10

// Machine is the lease of one process. The zero value is not usable, see [New].
type Machine struct {
	cfg   Config
	phase phase
	// made counts the records written, for their nonces.
	made uint64
	// clock is the last comparison with the broker's.
	clock Clock
	// table holds the records that were read, while claiming.
	table []Row
	// held is the number that this process holds, nil without one.
	held *holding
	// flight is the write whose result is not known, or not used, yet.
	flight *flight
	// refused is why no IDs may be issued, empty if they may.
	refused string
	// allTaken means that no number was free in the last table.
	allTaken bool
	draining bool
	// reported are the sequences of the records that were reported by [Skipped].
	reported [snowflake.MaxWorker + 1]uint64

	out []Action
}

// phase is the answer that the machine waits for, and its purpose.
type phase uint8

const (
	tabling    phase = iota // ReadTable
	choosing                // Learn, before a claim
	writing                 // Write
	confirming              // Learn, after a write that is stored
	pausing                 // Wait, before the flight is continued
	relearning              // Learn, before the flight is read back
	settling                // Read, of the flight
	resting                 // Wait, with a number
	renewing                // Learn, before an extension
	checking                // Read, before an extension on an unverified broker
	closing                 // Close
	waiting                 // Wait, without a number
	stopped
)

// holding is a number that this process holds.
type holding struct {
	worker int
	// seq and nonce are those of its newest record.
	seq   uint64
	nonce string
	// The timestamps [from, until) are reserved for the process, and confirmed.
	from, until int64
	// installed means that the driver issues IDs with these timestamps.
	installed bool
}

// New returns the machine of a process, which starts by claiming a number.
func New(cfg Config) *Machine {
	m := &Machine{cfg: cfg}
	m.ask(tabling, ReadTable{})
	return m
}

// Actions returns the actions that were added since the last call.
func (m *Machine) Actions() []Action {
	out := m.out
	m.out = nil
	return out
}

func (m *Machine) do(a Action) { m.out = append(m.out, a) }

// ask adds the action a and waits in phase p for its answer.
func (m *Machine) ask(p phase, a Action) {
	m.phase = p
	m.do(a)
}

func (m *Machine) wait(p phase, ms int64) { m.ask(p, Wait{MS: ms}) }

// Learned processes the answer to [Learn].
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

// Found processes the answer to [Read]: the newest record that was found, nil if
// none was. The read may be stale.
func (m *Machine) Found(found *Row) {
	switch m.phase {
	case settling:
		m.settle(found)
	case checking:
		m.checked(found)
	}
}

// Failed processes that a [ReadTable], a [Learn] or a [Read] had no answer.
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

// Woke processes the end of a [Wait].
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

// Drain releases the number, immediately or once it is known whether the process
// holds one. A pending [Wait] ends with it. [Machine.Stopped] reports when it is
// complete; if a process stops before that, its number remains taken until the lease
// has passed.
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

// stop ends the machine, and closes the range that remains of a lost number, if any.
func (m *Machine) stop() {
	m.table, m.flight, m.held = nil, nil, nil
	m.ask(stopped, Close{})
}

// Stopped reports whether the drain is complete.
func (m *Machine) Stopped() bool { return m.phase == stopped }

// nonce returns the identifier of a new record. It must be unique among the records
// that one process could confuse, those of one number after one sequence, so the
// count may wrap after 2^30.
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

// record returns a new record of this process.
func (m *Machine) record(worker int, state idwire.LeaseState, until int64) idwire.Lease {
	return idwire.Lease{
		V: wire.Version, Worker: worker, State: state, Until: until,
		Holder: m.cfg.Holder, Nonce: m.nonce(), At: m.clock.Broker + snowflake.EpochMS,
	}
}

// refusal returns why the clocks do not allow to issue IDs, empty if they do.
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
