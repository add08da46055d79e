package machine

import (
	"encoding/json"
	"slices"

	"parley/wire"
	"parley/wire/txwire"
)

// State is the state of a transaction; see the package comment.
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
	Events   []Event
	// sub is the submission that started it, nil for an adopted transaction and
	// once every waiting client is answered.
	sub *Submission
	// home is the sequence of the latest record that holds its commit.
	home uint64
	// abort is why it aborts. proven means that clients may be answered aborted,
	// because the key is closed, or because no other submission has it.
	abort          abortion
	proven, closed bool
}

// Branch is the state of one participant in a transaction.
type Branch struct {
	Participant string
	// Journal is the journal that voted yes, empty before.
	Journal string
	// Done means that the participant has acknowledged the outcome.
	Done bool
	// duplicate means that the participant reported another transaction with the
	// key as committed.
	duplicate bool
	// Detail is the data of its yes vote.
	Detail json.RawMessage
	// Violation is why it refuses the outcome, empty if it does not.
	Violation string
}

// abortion is why a transaction aborts, and whether its key is to be closed.
type abortion struct {
	close       bool
	code        wire.Code
	reason      string
	participant string
}

// Submission is a client's request, over all the transactions that it takes: one
// that yielded to another with the same key is followed by a new one.
type Submission struct {
	Key      string
	Digest   string
	DecideBy int64 // milliseconds since 1970
	Branches []txwire.Branch
	// Events are its events with the streams that take them.
	Events []txwire.CommittedEvent
	// Once means that the key was generated for this submission, the only one.
	Once bool

	tx      txwire.ID // zero while it waits to start again
	waiters []Waiter
	// found is the transaction that committed this submission earlier; it is
	// the only possible answer from then on.
	found txwire.ID
	// restarts counts how often it yielded, for the pause before the next start.
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

func (t *Tx) all(holds func(Branch) bool) bool {
	return !slices.ContainsFunc(t.Branches, func(b Branch) bool { return !holds(b) })
}

func (t *Tx) allYes() bool       { return t.all(func(b Branch) bool { return b.Journal != "" }) }
func (t *Tx) allDuplicate() bool { return t.all(func(b Branch) bool { return b.duplicate }) }
func (t *Tx) allDone() bool      { return t.all(func(b Branch) bool { return b.Done }) }

// outcome returns the outcome of t for clients, with the given status.
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

// committed returns t in the form that a record stores.
func (t *Tx) committed() txwire.Committed {
	c := txwire.Committed{
		N: t.ID.N, Key: t.Key, DecideBy: t.DecideBy, Branches: make([]txwire.CommittedBranch, len(t.Branches)), Events: t.unsettled(),
	}
	for i, b := range t.Branches {
		c.Branches[i] = txwire.CommittedBranch{Participant: b.Participant, Journal: b.Journal}
	}
	return c
}
