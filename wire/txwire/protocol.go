package txwire

import (
	"encoding/json"
	"fmt"
	"strings"

	"parley/wire"
)

// Prepare requests a participant's vote (tx.prepare.<participant>.<log>.<n>).
// It is repeated until the vote arrives.
type Prepare struct {
	V   int    `json:"v"`
	Key string `json:"key"`
	// Digest is [Submit.Digest] of the whole submission.
	Digest string `json:"digest"`
	// DecideBy is the deadline of the decision, in milliseconds since 1970.
	// A prepare that arrives later is refused.
	DecideBy int64 `json:"decide_by"`
	// OpenSeq is the stream sequence of the log's first record. A seal with a
	// lower one belongs to a log that was restored from a backup.
	OpenSeq uint64          `json:"open_seq"`
	Payload json.RawMessage `json:"payload"`
}

// Form implements [wire.Message].
func (m *Prepare) Form() wire.Form {
	return wire.Form{Name: "prepare", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Prepare) Check() error {
	if m.OpenSeq == 0 {
		return fmt.Errorf("open_seq is missing")
	}
	if err := checkPayload(m.Payload); err != nil {
		return err
	}
	return checkBranch(m.Key, m.Digest, m.DecideBy)
}

func checkBranch(key, digest string, decideBy int64) error {
	if err := wire.CheckKey(key); err != nil {
		return err
	}
	if len(digest) != 32 || strings.Trim(digest, "0123456789abcdef") != "" {
		return fmt.Errorf("digest %.40q is not 32 hexadecimal characters", digest)
	}
	if decideBy <= 0 {
		return fmt.Errorf("decide_by is %d, not a time in milliseconds since 1970", decideBy)
	}
	return nil
}

// Vote is a participant's durable answer to [Prepare]
// (tx.vote.<participant>.<log>.<n>).
type Vote struct {
	V int `json:"v"`
	// Journal is the random id of the journal that holds the branch.
	Journal string `json:"journal"`
	Yes     bool   `json:"yes"`
	// Code and Reason explain a no vote.
	Code   wire.Code `json:"code,omitempty"`
	Reason string    `json:"reason,omitempty"`
	// Closed means that the key is durably closed in this journal, so that no
	// transaction with it can commit, now or later.
	Closed bool `json:"closed,omitempty"`
	// Other is the transaction that holds the key, with the codes duplicate,
	// contended, conflict and key_closed, and OtherState the state of its
	// branch here.
	Other      ID          `json:"other,omitzero"`
	OtherState BranchState `json:"other_state,omitempty"`
	// Detail is the resource's data for the client (at most MaxDetail bytes).
	Detail json.RawMessage `json:"detail,omitempty"`
}

// Form implements [wire.Message].
func (m *Vote) Form() wire.Form { return wire.Form{Name: "vote", Version: m.V, Limit: wire.MaxMessage} }

// Check implements [wire.Message].
func (m *Vote) Check() error {
	if err := wire.CheckToken("journal", m.Journal); err != nil {
		return err
	}
	if m.Yes == (m.Code != "") {
		return fmt.Errorf("yes is %v with the code %q: a no has a code and a yes has none", m.Yes, m.Code)
	}
	if keyTaken := keyTaken(m.Code); keyTaken == m.Other.IsZero() {
		return fmt.Errorf("other is %q with the code %q: the holder of the key stands there exactly when the key is taken", m.Other, m.Code)
	}
	if m.OtherState != "" {
		if err := checkState("other_state", m.OtherState); err != nil {
			return err
		}
	}
	if err := wire.CheckText("detail", string(m.Detail), MaxDetail); err != nil {
		return err
	}
	return wire.CheckCode(m.Code, m.Reason)
}

// BranchState is the durable state of a branch in its journal.
type BranchState string

// The states of a branch. Only prepared can change.
const (
	BranchPrepared  BranchState = "prepared"
	BranchCommitted BranchState = "committed"
	BranchAborted   BranchState = "aborted"
)

func checkState(what string, s BranchState) error {
	switch s {
	case BranchPrepared, BranchCommitted, BranchAborted:
		return nil
	default:
		return fmt.Errorf("%s is %.40q, which is none of prepared, committed, aborted", what, s)
	}
}

// Commit informs a participant that its branch is committed
// (tx.commit.<participant>.<log>.<n>). It is repeated until acknowledged.
type Commit struct {
	V int `json:"v"`
	// Journal is the journal that voted; an instance with another one does not answer.
	Journal string `json:"journal"`
	// DecideBy is that of the prepare. It distinguishes an unknown branch from one
	// that was collected.
	DecideBy int64 `json:"decide_by"`
}

// Form implements [wire.Message].
func (m *Commit) Form() wire.Form {
	return wire.Form{Name: "commit", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Commit) Check() error {
	if m.DecideBy <= 0 {
		return fmt.Errorf("decide_by is %d, not a time in milliseconds since 1970", m.DecideBy)
	}
	return wire.CheckToken("journal", m.Journal)
}

// Abort informs a participant that its branch is aborted
// (tx.abort.<participant>.<log>.<n>). It carries enough to leave a tombstone
// where the prepare has not arrived yet.
type Abort struct {
	V int `json:"v"`
	// Journal is the journal that voted, or empty if no vote has arrived.
	Journal  string `json:"journal,omitempty"`
	Key      string `json:"key"`
	Digest   string `json:"digest"`
	DecideBy int64  `json:"decide_by"`
	// Close means that the key is closed as well, so that nothing with it can commit. An
	// abort that only yields to another attempt leaves the key free.
	Close  bool   `json:"close,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Form implements [wire.Message].
func (m *Abort) Form() wire.Form {
	return wire.Form{Name: "abort", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Abort) Check() error {
	if m.Journal != "" {
		if err := wire.CheckToken("journal", m.Journal); err != nil {
			return err
		}
	}
	if err := wire.CheckText("reason", m.Reason, wire.MaxReason); err != nil {
		return err
	}
	return checkBranch(m.Key, m.Digest, m.DecideBy)
}

// Ack reports that an outcome is durable at a participant, or why it never will
// be (tx.ack.<participant>.<log>.<n>).
type Ack struct {
	V       int    `json:"v"`
	Journal string `json:"journal"`
	// Of is what is acknowledged: "commit" or "abort".
	Of string `json:"of"`
	// Closed means that the key is closed in this journal (see [Vote.Closed]).
	Closed bool `json:"closed,omitempty"`
	// Code is empty when the outcome is applied, CodeForgotten when the branch
	// was finished and collected, CodeViolation when applying it would break
	// atomicity.
	Code   wire.Code `json:"code,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Form implements [wire.Message].
func (m *Ack) Form() wire.Form { return wire.Form{Name: "ack", Version: m.V, Limit: wire.MaxMessage} }

// Check implements [wire.Message].
func (m *Ack) Check() error {
	if err := wire.CheckToken("journal", m.Journal); err != nil {
		return err
	}
	if m.Of != KindCommit && m.Of != KindAbort {
		return fmt.Errorf("of is %.40q, allowed are %q and %q", m.Of, KindCommit, KindAbort)
	}
	switch m.Code {
	case "", wire.CodeForgotten, wire.CodeViolation:
		return wire.CheckCode(m.Code, m.Reason)
	default:
		return fmt.Errorf("code is %.40q, allowed are none, %q and %q", m.Code, wire.CodeForgotten, wire.CodeViolation)
	}
}

// Resolve requests the outcome of a branch in doubt: a participant sends it to any
// coordinator on tx.resolve, a coordinator to the owner on tx.owner.<log>.
// Participant and Journal identify the branch; both are empty in a request about the
// transaction as a whole.
type Resolve struct {
	V           int    `json:"v"`
	ID          ID     `json:"id"`
	Participant string `json:"participant,omitempty"`
	Journal     string `json:"journal,omitempty"`
	// DecideBy is that of the prepare, 0 if it is not known.
	DecideBy int64 `json:"decide_by,omitempty"`
}

// Form implements [wire.Message].
func (m *Resolve) Form() wire.Form {
	return wire.Form{Name: "resolve", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Resolve) Check() error {
	if err := checkID(m.ID); err != nil {
		return err
	}
	if m.Participant == "" && m.Journal == "" {
		return nil
	}
	if err := wire.CheckName(m.Participant); err != nil {
		return err
	}
	return wire.CheckToken("journal", m.Journal)
}

// Resolved answers [Resolve]. Status is committed, aborted, pending (the owner
// is alive and has not decided) or unknown (repeat the request).
type Resolved struct {
	V      int    `json:"v"`
	Status Status `json:"status"`
	// SealSeq is the stream sequence of the seal that proves an abort, 0 when
	// the owner itself answered.
	SealSeq uint64 `json:"seal_seq,omitempty"`
	// Incarnation is that of the stream TXLOG from which the answer was concluded. A
	// journal that remembers another one ignores the answer.
	Incarnation string    `json:"incarnation,omitempty"`
	Code        wire.Code `json:"code,omitempty"`
	Reason      string    `json:"reason,omitempty"`
}

// Form implements [wire.Message].
func (m *Resolved) Form() wire.Form {
	return wire.Form{Name: "resolved", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Resolved) Check() error {
	if m.Incarnation != "" {
		if err := wire.CheckToken("incarnation", m.Incarnation); err != nil {
			return err
		}
	}
	switch m.Status {
	case StatusCommitted, StatusAborted, StatusPending, StatusUnknown:
		return wire.CheckCode(m.Code, m.Reason)
	default:
		return fmt.Errorf("status is %.40q, which is none of committed, aborted, pending, unknown", m.Status)
	}
}

// keyTaken reports whether a vote with this code names another transaction.
func keyTaken(c wire.Code) bool {
	return c == wire.CodeDuplicate || c == wire.CodeContended || c == wire.CodeConflict || c == wire.CodeClosed
}
