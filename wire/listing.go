package wire

import (
	"cmp"
	"encoding/json"
	"fmt"
)

// BranchQuery asks a participant for branches (request on
// participant.<name>.branches): the one with ID, or those with Key, or, when
// both are empty, the prepared ones and the violations, oldest first, at most
// [MaxList].
type BranchQuery struct {
	V   int    `json:"v"`
	ID  TxID   `json:"id,omitzero"`
	Key string `json:"key,omitempty"`
}

func (*BranchQuery) name() string   { return "branch query" }
func (m *BranchQuery) version() int { return m.V }
func (*BranchQuery) limit() int     { return MaxMessage }

func (m *BranchQuery) check() error {
	if m.Key != "" {
		return CheckKey(m.Key)
	}
	return nil
}

// Branches answers [BranchQuery].
type Branches struct {
	V           int          `json:"v"`
	Participant string       `json:"participant"`
	Journal     string       `json:"journal"`
	Branches    []BranchInfo `json:"branches"`
	// Prepared is how many branches are in doubt in all.
	Prepared int `json:"prepared"`
	// Violations are outcomes this journal refused because they contradict
	// what it holds; any at all means that something was lost or restored.
	Violations []Violation `json:"violations,omitempty"`
	// Code and Reason are set when the query was refused.
	Code   Code   `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// BranchInfo is one branch as its journal holds it.
type BranchInfo struct {
	ID     TxID        `json:"id"`
	Key    string      `json:"key"`
	State  BranchState `json:"state"`
	Closed bool        `json:"closed,omitempty"`
	Reason string      `json:"reason,omitempty"`
	// At is when the state was reached, in milliseconds since 1970.
	At      int64           `json:"at"`
	Payload json.RawMessage `json:"payload,omitempty"`
	Detail  json.RawMessage `json:"detail,omitempty"`
	// Error is why the outcome, which is known, could not be applied at the
	// last attempt; Tries is how many attempts there were since the process
	// started, and RetryAt when the next one is due, in milliseconds since
	// 1970, absent while it is under way.
	Error   string `json:"error,omitempty"`
	Tries   int    `json:"tries,omitempty"`
	RetryAt int64  `json:"retry_at,omitempty"`
}

// Violation is an outcome that a journal refused to apply.
type Violation struct {
	ID TxID `json:"id"`
	// Of is what was refused: "commit" or "abort".
	Of     string `json:"of"`
	Reason string `json:"reason"`
	At     int64  `json:"at"`
}

func (*Branches) name() string   { return "branches" }
func (m *Branches) version() int { return m.V }
func (*Branches) limit() int     { return 1 << 20 }
func (*Branches) report()        {}

func (m *Branches) check() error {
	if err := CheckName(m.Participant); err != nil {
		return err
	}
	for i := range m.Branches {
		if err := m.Branches[i].check(); err != nil {
			return fmt.Errorf("branches[%d]: %w", i, err)
		}
	}
	for i, v := range m.Violations {
		if err := cmp.Or(checkID(v.ID), checkText("reason", v.Reason, MaxReason)); err != nil {
			return fmt.Errorf("violations[%d]: %w", i, err)
		}
	}
	return checkCode(m.Code, m.Reason)
}

func (b *BranchInfo) check() error {
	if b.Key != "" {
		if err := CheckKey(b.Key); err != nil {
			return err
		}
	}
	return cmp.Or(checkID(b.ID), checkState("state", b.State), checkText("reason", b.Reason, MaxReason), checkText("error", b.Error, MaxReason))
}

// CoordinatorsRequest asks every coordinator for its [CoordinatorState].
type CoordinatorsRequest struct {
	V int `json:"v"`
}

func (*CoordinatorsRequest) name() string   { return "coordinators request" }
func (m *CoordinatorsRequest) version() int { return m.V }
func (*CoordinatorsRequest) limit() int     { return MaxMessage }
func (m *CoordinatorsRequest) check() error { return nil }

// CoordinatorState is what one coordinator is doing.
type CoordinatorState struct {
	V int `json:"v"`
	// Log is its own log, empty while it opens one.
	Log string `json:"log"`
	// Undecided and Unfinished count its transactions without a decision, and
	// those decided and not yet acknowledged by all.
	Undecided  int `json:"undecided"`
	Unfinished int `json:"unfinished"`
	// Adopted are logs of others that it is sealing or driving to their end.
	Adopted []string `json:"adopted,omitempty"`
	// Committed and Aborted count since the process started.
	Committed uint64 `json:"committed"`
	Aborted   uint64 `json:"aborted"`
	// Durability is "synced", "replicated" or "unverified": what is known of
	// the broker's promise.
	Durability string `json:"durability"`
	// Reason is why it can commit or conclude nothing at the moment, empty while
	// it can.
	Reason string `json:"reason,omitempty"`
	// Txs are unfinished transactions, oldest first, at most [MaxList].
	Txs []TxInfo `json:"txs,omitempty"`
}

// TxInfo is one unfinished transaction.
type TxInfo struct {
	ID    TxID   `json:"id"`
	Key   string `json:"key"`
	State string `json:"state"`
	// Waiting are the participants whose vote or acknowledgement is missing.
	Waiting []string `json:"waiting,omitempty"`
	// Violations are participants that refused the outcome, with their reason.
	Violations map[string]string `json:"violations,omitempty"`
}

func (*CoordinatorState) name() string   { return "coordinator state" }
func (m *CoordinatorState) version() int { return m.V }
func (*CoordinatorState) limit() int     { return 1 << 20 }
func (*CoordinatorState) report()        {}

func (m *CoordinatorState) check() error {
	if m.Undecided < 0 || m.Unfinished < 0 {
		return fmt.Errorf("undecided is %d and unfinished %d, neither may be negative", m.Undecided, m.Unfinished)
	}
	return nil
}
