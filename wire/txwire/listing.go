package txwire

import (
	"cmp"
	"encoding/json"
	"fmt"

	"parley/wire"
)

// BranchQuery requests branches of a participant (request on
// participant.<name>.branches): the one with ID, or those with Key, or, when
// both are empty, the prepared ones and the violations, at most [wire.MaxList] of
// each. Those prepared are the oldest, oldest first; with From they are those from
// that transaction on, in the order of their ids, so that a long list can be read
// page by page (see [ID.Next]).
type BranchQuery struct {
	V    int    `json:"v"`
	ID   ID     `json:"id,omitzero"`
	Key  string `json:"key,omitempty"`
	From ID     `json:"from,omitzero"`
}

// Form implements [wire.Message].
func (m *BranchQuery) Form() wire.Form {
	return wire.Form{Name: "branch query", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *BranchQuery) Check() error {
	if !m.From.IsZero() && (!m.ID.IsZero() || m.Key != "") {
		return fmt.Errorf("from is %q beside an id or a key: it is for the list of all that are prepared", m.From)
	}
	if m.Key != "" {
		return wire.CheckKey(m.Key)
	}
	return nil
}

// Branches answers [BranchQuery].
type Branches struct {
	V           int          `json:"v"`
	Participant string       `json:"participant"`
	Journal     string       `json:"journal"`
	Branches    []BranchInfo `json:"branches"`
	// Prepared is the total number of branches in doubt. It exceeds the length of
	// the list if that was cut.
	Prepared int `json:"prepared"`
	// More is the number of branches after those listed, in the answer to a query with From.
	More int `json:"more,omitempty"`
	// Violations are outcomes this journal refused because they contradict
	// what it holds; any at all means that something was lost or restored.
	Violations []Violation `json:"violations,omitempty"`
	// AllViolations is the total number in the journal, if it exceeds the length of
	// the list of violations. Participants of an earlier release omit it.
	AllViolations int `json:"all_violations,omitempty"`
	// Code and Reason are set when the query was refused.
	Code   wire.Code `json:"code,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// BranchInfo is one branch as its journal holds it.
type BranchInfo struct {
	ID     ID          `json:"id"`
	Key    string      `json:"key"`
	State  BranchState `json:"state"`
	Closed bool        `json:"closed,omitempty"`
	Reason string      `json:"reason,omitempty"`
	// At is when the state was reached, in milliseconds since 1970.
	At      int64           `json:"at"`
	Payload json.RawMessage `json:"payload,omitempty"`
	Detail  json.RawMessage `json:"detail,omitempty"`
	// Error is why the outcome, which is known, could not be applied at the
	// last attempt; Tries is the number of attempts since the process started, and
	// RetryAt when the next one is due, in milliseconds since 1970, absent while it
	// is running.
	Error   string `json:"error,omitempty"`
	Tries   int    `json:"tries,omitempty"`
	RetryAt int64  `json:"retry_at,omitempty"`
}

// Violation is an outcome that a journal refused to apply.
type Violation struct {
	ID ID `json:"id"`
	// Of is what was refused: "commit" or "abort".
	Of     string `json:"of"`
	Reason string `json:"reason"`
	At     int64  `json:"at"`
}

// Form implements [wire.Message].
func (m *Branches) Form() wire.Form {
	return wire.Form{Name: "branches", Version: m.V, Limit: 1 << 20, Report: true}
}

// Cut reports whether the list of prepared branches, in the answer to a query for
// all of them or for those from the given one on, has not all.
func (m *Branches) Cut(from ID) bool {
	return m.More > 0 || from.IsZero() && m.Prepared > len(m.Branches)
}

// Check implements [wire.Message].
func (m *Branches) Check() error {
	if m.Prepared < 0 || m.More < 0 || m.AllViolations < 0 {
		return fmt.Errorf("prepared is %d, more %d and all_violations %d, none may be negative", m.Prepared, m.More, m.AllViolations)
	}
	if err := wire.CheckName(m.Participant); err != nil {
		return err
	}
	for i := range m.Branches {
		if err := m.Branches[i].check(); err != nil {
			return fmt.Errorf("branches[%d]: %w", i, err)
		}
	}
	for i, v := range m.Violations {
		if err := cmp.Or(checkID(v.ID), wire.CheckText("reason", v.Reason, wire.MaxReason)); err != nil {
			return fmt.Errorf("violations[%d]: %w", i, err)
		}
	}
	return wire.CheckCode(m.Code, m.Reason)
}

func (b *BranchInfo) check() error {
	if b.Key != "" {
		if err := wire.CheckKey(b.Key); err != nil {
			return err
		}
	}
	return cmp.Or(checkID(b.ID), checkState("state", b.State), wire.CheckText("reason", b.Reason, wire.MaxReason), wire.CheckText("error", b.Error, wire.MaxReason))
}

// CoordinatorsRequest requests the [CoordinatorState] of every coordinator.
type CoordinatorsRequest struct {
	V int `json:"v"`
	// From requests the transactions from this one on instead of the first ones.
	From ID `json:"from,omitzero"`
}

// Form implements [wire.Message].
func (m *CoordinatorsRequest) Form() wire.Form {
	return wire.Form{Name: "coordinators request", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *CoordinatorsRequest) Check() error { return nil }

// CoordinatorState is the state of one coordinator.
type CoordinatorState struct {
	V int `json:"v"`
	// Log is its own log, empty while it opens one.
	Log string `json:"log"`
	// Undecided and Unfinished count its transactions without a decision, and
	// those decided and not yet acknowledged by all.
	Undecided  int `json:"undecided"`
	Unfinished int `json:"unfinished"`
	// Abandoned counts those that are committed and held only because a branch was
	// abandoned, see [Abandon].
	Abandoned int `json:"abandoned,omitempty"`
	// Adopted are logs of others that it seals or whose commits it completes.
	Adopted []string `json:"adopted,omitempty"`
	// Committed and Aborted count since the process started.
	Committed uint64 `json:"committed"`
	Aborted   uint64 `json:"aborted"`
	// Durability is "synced", "replicated" or "unverified": how acknowledged
	// messages are known to be kept by the brokers.
	Durability string `json:"durability"`
	// Reason is why it can commit or conclude nothing at the moment, empty while
	// it can.
	Reason string `json:"reason,omitempty"`
	// Unpublished counts the events of commits that are not settled, and Problem is
	// why one of them could not be published at the last attempt.
	// Published counts events since the process started.
	Unpublished int    `json:"unpublished,omitempty"`
	Problem     string `json:"problem,omitempty"`
	Published   uint64 `json:"published,omitempty"`
	// Txs are transactions that are undecided or unfinished, in the order of
	// their ids (of one log: oldest first), at most [wire.MaxList].
	Txs []Info `json:"txs,omitempty"`
	// More is the number of transactions after those listed, in the answer to a request with From.
	More int `json:"more,omitempty"`
}

// Held returns the total number of transactions, listed or not.
func (m *CoordinatorState) Held() int { return m.Undecided + m.Unfinished }

// Cut reports whether the list, in the answer to a request for all or for those
// from the given one on, has not all.
func (m *CoordinatorState) Cut(from ID) bool {
	return m.More > 0 || from.IsZero() && m.Held() > len(m.Txs)
}

// Info is one unfinished transaction.
type Info struct {
	ID    ID     `json:"id"`
	Key   string `json:"key"`
	State string `json:"state"`
	// Waiting are the participants whose vote or acknowledgement is missing.
	Waiting []string `json:"waiting,omitempty"`
	// Violations are participants that refused the outcome, with their reason.
	Violations map[string]string `json:"violations,omitempty"`
	// Unpublished are the indexes of its events that are not settled, once it is
	// committed, and Problem is why one of them could not be published at the last
	// attempt.
	Unpublished []int  `json:"unpublished,omitempty"`
	Problem     string `json:"problem,omitempty"`
}

// Form implements [wire.Message].
func (m *CoordinatorState) Form() wire.Form {
	return wire.Form{Name: "coordinator state", Version: m.V, Limit: 1 << 20, Report: true}
}

// Check implements [wire.Message].
func (m *CoordinatorState) Check() error {
	if m.Undecided < 0 || m.Unfinished < 0 || m.Abandoned < 0 {
		return fmt.Errorf("undecided is %d, unfinished %d and abandoned %d, none may be negative", m.Undecided, m.Unfinished, m.Abandoned)
	}
	if m.More < 0 {
		return fmt.Errorf("more is %d, it may not be negative", m.More)
	}
	return nil
}
