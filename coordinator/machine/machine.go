package machine

import (
	"parley/wire/txwire"
)

// Limits bound what the machine holds. A submission beyond them is refused
// immediately with [wire.CodeBusy].
type Limits struct {
	// Undecided bounds transactions without a decision.
	Undecided int
	// Unfinished bounds transactions of any state, so that a participant that
	// is unavailable for a long time cannot exhaust the memory.
	Unfinished int
	// Batch bounds the commits in one record.
	Batch int
	// TrimAt is the number of purgeable records at which they are purged, and
	// CarryAt the number of records behind an unfinished commit at which it is
	// carried forward.
	TrimAt, CarryAt int
	// Done bounds the list of logs that were finished and purged.
	Done int
	// Backlog bounds the events for one stream that are not settled, in bytes, see
	// backlogBytes. Beyond it submissions with events for that stream are refused,
	// and no others.
	Backlog int
}

// DefaultLimits returns limits for a coordinator of a few thousand transactions
// per second.
func DefaultLimits() Limits {
	return Limits{Undecided: 4096, Unfinished: 65536, Batch: txwire.MaxRecordCommits, TrimAt: 512, CarryAt: 1024, Done: 1024, Backlog: 8 << 20}
}

// Machine is one coordinator. The zero value is not usable, see [New].
type Machine struct {
	limits Limits
	// prefix is random and unique to this process; see nonce.
	prefix string

	own       *ownLog // nil without an open log
	closed    bool    // Close was called: no log is opened any more
	behind    bool    // the stream may have gone back, see StreamAt
	txs       map[txwire.ID]*Tx
	subs      map[string]*Submission // unanswered submissions by key
	undecided int
	// committed and aborted count decisions, for reports.
	committed, aborted uint64
	adoptions          map[string]*adoption
	done               []sealedLog // finished logs of others, oldest first
	// abandoned are the branches that operators gave up, see Abandon.
	abandoned map[txwire.ID][]txwire.CommittedBranch
	// dropped are the events that operators gave up, see DropEvent, and backlog
	// the bytes of the events that are not settled, by stream.
	dropped map[txwire.ID][]int
	backlog map[string]int

	out []Action
}

// New returns a coordinator whose first action opens a log. prefix consists of
// [PrefixLen] random characters a-z and 0-9, and must be unique to this machine.
func New(prefix string, limits Limits) *Machine {
	m := &Machine{
		limits: limits, prefix: prefix,
		txs: map[txwire.ID]*Tx{}, subs: map[string]*Submission{}, adoptions: map[string]*adoption{},
		abandoned: map[txwire.ID][]txwire.CommittedBranch{}, dropped: map[txwire.ID][]int{}, backlog: map[string]int{},
	}
	m.do(Open{})
	return m
}

// PrefixLen is the length of the prefix that [New] takes: 45 random bits.
const PrefixLen = 9

// Actions returns the actions that were added since the last call.
func (m *Machine) Actions() []Action {
	out := m.out
	m.out = nil
	return out
}

func (m *Machine) do(a Action) { m.out = append(m.out, a) }

// nonce returns the identifier of a record: the prefix of this process, the kind
// ('a'ppend or 's'eal) and a number. It must be unique among the records of one log
// that a writer could confuse, those after one expected sequence, so the number may
// wrap after 2^30. A seal that is repeated with the same expectation is the same
// record and has the same nonce.
func (m *Machine) nonce(kind byte, n uint64) string {
	const digits = "abcdefghijklmnopqrstuvwxyz234567"
	var b [16]byte
	copy(b[:], m.prefix)
	b[PrefixLen] = kind
	for i := len(b) - 1; i > PrefixLen; i, n = i-1, n>>5 {
		b[i] = digits[n&31]
	}
	return string(b[:])
}

// Undecided returns the number of transactions without a decision.
func (m *Machine) Undecided() int { return m.undecided }

// Unfinished returns the number of transactions that wait for a vote, a decision or
// an acknowledgement.
func (m *Machine) Unfinished() int { return len(m.txs) - m.Abandoned() }

// Log returns the name of the machine's own log, empty if none is open.
func (m *Machine) Log() string {
	if m.own == nil {
		return ""
	}
	return m.own.name
}

// Close gives up the machine's own log: undecided transactions are aborted, the
// log is sealed, and purged once nothing in it is unfinished. [Machine.Idle]
// reports when that is done.
func (m *Machine) Close() {
	m.closed = true
	if m.own != nil {
		m.giveUp("the coordinator is stopping", appendUnknown)
	}
}

// Idle reports whether the machine can be stopped: it has no log of its own, and of
// the adopted ones at most those with abandoned branches. Aborts without an
// acknowledgement may remain: a participant that missed one requests the outcome.
func (m *Machine) Idle() bool {
	if m.own != nil {
		return false
	}
	for _, a := range m.adoptions {
		if a.phase != driving || m.waitsFor(a.log) {
			return false
		}
	}
	return true
}
