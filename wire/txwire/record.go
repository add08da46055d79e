package txwire

import (
	"fmt"

	"parley/wire"
)

// Record is one record of a commit log (stored on tx.log.<log>).
type Record struct {
	V    int        `json:"v"`
	Kind RecordKind `json:"kind"`
	// Nonce is the unique random name of this record: a writer that lost an
	// acknowledgement recognises its record by it.
	Nonce string `json:"nonce"`
	// Prev is the stream sequence of the log's previous record, which the write
	// expected: 0 for the first record.
	Prev uint64 `json:"prev"`
	// Base is the lowest stream sequence still needed; 0 means all.
	Base uint64 `json:"base,omitempty"`
	// By is the log of the coordinator that wrote the record: the owner's own, or in
	// a seal the sealer's. It is for operators; no decision depends on it.
	By string `json:"by,omitempty"`
	// Commits are the transactions that this record commits.
	Commits []Committed `json:"commits,omitempty"`
	// Settled are events of this log's transactions that need not be published any
	// more. A build that does not know this field, or events, reads no log that has
	// them: it must not finish a transaction without its events.
	Settled []SettledEvents `json:"settled,omitempty"`
}

// RecordKind is the kind of a record.
type RecordKind string

// The kinds of records.
const (
	RecordOpen    RecordKind = "open"
	RecordCommits RecordKind = "commits"
	RecordSeal    RecordKind = "seal"
)

// Committed is one committed transaction in a record, with everything that is needed
// to send the commit to its participants.
type Committed struct {
	// N is the number of the transaction within the log.
	N        uint64            `json:"n"`
	Key      string            `json:"key"`
	DecideBy int64             `json:"decide_by"`
	Branches []CommittedBranch `json:"branches"`
	// Events are its events that are not settled yet.
	Events []CommittedEvent `json:"events,omitempty"`
}

// CommittedBranch is a participant of a committed transaction and the journal
// that voted yes.
type CommittedBranch struct {
	Participant string `json:"p"`
	Journal     string `json:"j"`
}

// Form implements [wire.Message].
func (m *Record) Form() wire.Form {
	return wire.Form{Name: "log record", Version: m.V, Limit: MaxRecord}
}

// Check implements [wire.Message].
func (m *Record) Check() error {
	if err := wire.CheckToken("nonce", m.Nonce); err != nil {
		return err
	}
	switch m.Kind {
	case RecordOpen:
		if m.Prev != 0 || len(m.Commits) > 0 {
			return fmt.Errorf("an open record has prev %d and %d commits, it must have none", m.Prev, len(m.Commits))
		}
	case RecordCommits:
		if m.Prev == 0 {
			return fmt.Errorf("a commits record has prev 0: no commit may expect an empty log")
		}
	case RecordSeal:
		if len(m.Commits) > 0 {
			return fmt.Errorf("a seal has %d commits, it must have none", len(m.Commits))
		}
	default:
		return fmt.Errorf("kind is %.40q, allowed are %q, %q and %q", m.Kind, RecordOpen, RecordCommits, RecordSeal)
	}
	if m.Kind != RecordCommits && len(m.Settled) > 0 {
		return fmt.Errorf("a record of kind %s has %d settled, it must have none", m.Kind, len(m.Settled))
	}
	if m.Base > m.Prev {
		return fmt.Errorf("base is %d, beyond prev %d", m.Base, m.Prev)
	}
	if len(m.Commits) > MaxRecordCommits {
		return fmt.Errorf("commits has %d entries, the limit is %d", len(m.Commits), MaxRecordCommits)
	}
	for i := range m.Commits {
		if err := m.Commits[i].check(); err != nil {
			return fmt.Errorf("commits[%d]: %w", i, err)
		}
	}
	return m.checkSettled()
}

func (c *Committed) check() error {
	if c.N == 0 {
		return fmt.Errorf("n is missing")
	}
	if c.DecideBy <= 0 {
		return fmt.Errorf("decide_by is %d, not a time in milliseconds since 1970", c.DecideBy)
	}
	if len(c.Branches) == 0 || len(c.Branches) > MaxBranches {
		return fmt.Errorf("branches has %d entries, allowed are 1 to %d", len(c.Branches), MaxBranches)
	}
	for _, b := range c.Branches {
		if err := wire.CheckName(b.Participant); err != nil {
			return err
		}
		if err := wire.CheckToken("journal", b.Journal); err != nil {
			return err
		}
	}
	if err := c.checkEvents(); err != nil {
		return err
	}
	return wire.CheckKey(c.Key)
}
