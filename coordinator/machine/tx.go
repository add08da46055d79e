package machine

import (
	"encoding/json"

	"parley/wire"
	"parley/wire/txwire"
)

// State is where a transaction stands; see the package comment.
type State uint8

// The states of a transaction.
const (
	Preparing State = iota
	Ready
	Appending
	Committed
	Aborting
)

func (s State) String() string {
	return [...]string{"preparing", "ready", "appending", "committed", "aborting"}[s]
}

// Tx is one transaction of the own log, or a committed one of an adopted log.
type Tx struct {
	ID       txwire.ID
	State    State
	Key      string
	Digest   string // empty for an adopted one
	DecideBy int64
	Branches []Branch
	// sub is the submission it serves, nil for an adopted one and once every
	// waiting client is answered.
	sub *Submission
	// home is the sequence of the latest own record that holds its commit.
	home uint64
	// abort says why it is aborting. proven: clients may be told so, because
	// the key is closed, or because no other submission has it.
	abort          abortion
	proven, closed bool
}

// Branch is what the coordinator knows of one participant.
type Branch struct {
	Participant string
	// Journal is the journal that voted yes, empty before.
	Journal string
	// Done: it has acknowledged the outcome.
	Done bool
	// duplicate: it says that another transaction with the key is committed.
	duplicate bool
	// Detail is what it said with its yes.
	Detail json.RawMessage
	// Violation is why it refuses the outcome, if it does.
	Violation string
}

// abortion is why a transaction aborts, and whether its key is to be closed.
type abortion struct {
	close       bool
	code        wire.Code
	reason      string
	participant string
}

// Submission is what a client wants, over all the transactions it takes: one
// that made way for another with the same key is followed by a new one.
type Submission struct {
	Key      string
	Digest   string
	DecideBy int64 // milliseconds since 1970
	Branches []txwire.Branch
	// Once: the key was made for this submission, which is the only one.
	Once bool

	tx      txwire.ID // zero while it waits to start again
	waiters []Waiter
	// found is the transaction that committed this submission earlier; no
	// other answer than that can be given any more.
	found txwire.ID
	// restarts counts how often it made way, for the pause before the next.
	restarts int
}

// Waiter is a client that waits for an outcome.
type Waiter struct {
	To   string
	Wait txwire.Wait
}

func (t *Tx) branch(participant string) *Branch {
	for i := range t.Branches {
		if t.Branches[i].Participant == participant {
			return &t.Branches[i]
		}
	}
	return nil
}

func (t *Tx) allYes() bool {
	for i := range t.Branches {
		if t.Branches[i].Journal == "" {
			return false
		}
	}
	return true
}

func (t *Tx) allDuplicate() bool {
	for i := range t.Branches {
		if !t.Branches[i].duplicate {
			return false
		}
	}
	return true
}

func (t *Tx) allDone() bool {
	for i := range t.Branches {
		if !t.Branches[i].Done {
			return false
		}
	}
	return true
}

// outcome is what a client is told about t.
func (t *Tx) outcome(status txwire.Status) txwire.Outcome {
	o := txwire.Outcome{V: wire.Version, Status: status, ID: t.ID, Key: t.Key}
	if status != txwire.StatusCommitted {
		o.Code, o.Reason, o.Participant = t.abort.code, t.abort.reason, t.abort.participant
		o.Applied = status == txwire.StatusAborted && t.allDone()
		return o
	}
	o.Applied = t.allDone()
	for _, b := range t.Branches {
		if len(b.Detail) > 0 {
			if o.Details == nil {
				o.Details = make(map[string]json.RawMessage, len(t.Branches))
			}
			o.Details[b.Participant] = b.Detail
		}
	}
	return o
}

// committed is t as it stands in a record.
func (t *Tx) committed() txwire.Committed {
	c := txwire.Committed{N: t.ID.N, Key: t.Key, DecideBy: t.DecideBy, Branches: make([]txwire.CommittedBranch, len(t.Branches))}
	for i, b := range t.Branches {
		c.Branches[i] = txwire.CommittedBranch{Participant: b.Participant, Journal: b.Journal}
	}
	return c
}
