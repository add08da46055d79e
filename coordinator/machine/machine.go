package machine

import (
	"parley/wire/txwire"
)

// Limits bound what the machine holds; beyond them new work is refused with
// "busy" at once.
type Limits struct {
	// Undecided bounds transactions without a decision.
	Undecided int
	// Unfinished bounds transactions of any state, so that a participant that
	// is away for long cannot fill the memory.
	Unfinished int
	// Batch bounds the commits in one record.
	Batch int
	// TrimAt is how many records must become free before they are worth a
	// purge, and CarryAt how many may pile up behind an unfinished one before
	// it is carried forward.
	TrimAt, CarryAt int
	// Done bounds the memory of logs that were finished and purged.
	Done int
}

// DefaultLimits are right for a coordinator of a few thousand transactions a
// second.
func DefaultLimits() Limits {
	return Limits{Undecided: 4096, Unfinished: 65536, Batch: txwire.MaxRecordCommits, TrimAt: 512, CarryAt: 1024, Done: 1024}
}

// Machine is one coordinator. The zero value is not usable, see [New].
type Machine struct {
	limits Limits
	// prefix is random and this process's own; see nonce.
	prefix string

	own       *ownLog // nil while there is none
	closed    bool    // no own log is wanted any more
	behind    bool    // the stream may have gone back, see StreamAt
	txs       map[txwire.ID]*Tx
	subs      map[string]*Submission // living submissions by key
	undecided int
	// committed and aborted count decisions, for people.
	committed, aborted uint64
	adoptions          map[string]*adoption
	done               []sealedLog // finished logs of others, oldest first
	// abandoned are the branches that operators gave up, see Abandon.
	abandoned map[txwire.ID][]txwire.CommittedBranch

	out []Action
}

// New makes a coordinator that wants a log. prefix is random, of
// [PrefixLen] characters a-z and 0-9, and must never be used by another.
func New(prefix string, limits Limits) *Machine {
	m := &Machine{
		limits: limits, prefix: prefix,
		txs: map[txwire.ID]*Tx{}, subs: map[string]*Submission{}, adoptions: map[string]*adoption{},
		abandoned: map[txwire.ID][]txwire.CommittedBranch{},
	}
	m.do(Open{})
	return m
}

// PrefixLen is the length of the prefix that [New] takes: 45 random bits.
const PrefixLen = 9

// Actions hands over what is to be done since the last call.
func (m *Machine) Actions() []Action {
	out := m.out
	m.out = nil
	return out
}

func (m *Machine) do(a Action) { m.out = append(m.out, a) }

// nonce names a record: this process's prefix, what it is ('a'ppend or 's'eal)
// and a number. It has to be unique among the records of one log that a writer
// could confuse, those after one expected sequence, so it does not matter that
// the number wraps after 2^30. A seal that is repeated with the same
// expectation is the same record and has the same name.
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

// Undecided is the number of transactions without a decision.
func (m *Machine) Undecided() int { return m.undecided }

// Unfinished is the number of transactions that are not forgotten yet and wait for
// something.
func (m *Machine) Unfinished() int { return len(m.txs) - m.Abandoned() }

// Log is the name of the own log, empty while there is none.
func (m *Machine) Log() string {
	if m.own == nil {
		return ""
	}
	return m.own.name
}

// Close gives the own log back: undecided transactions are aborted, the log is
// sealed, and when nothing in it is unfinished, purged. [Machine.Idle] tells
// when that is done.
func (m *Machine) Close() {
	m.closed = true
	if m.own != nil {
		m.giveUp("the coordinator is stopping", appendUnknown)
	}
}

// Idle reports that nothing is left that needs this machine: no log of its own and
// none that it adopted, but for those with abandoned branches. Aborts that are not
// acknowledged may be left: whoever has missed one will ask.
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
