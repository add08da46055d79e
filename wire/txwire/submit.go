package txwire

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/wire"
)

// Submit requests one transaction from a coordinator (request on tx.submit). The
// answer is an [Outcome]. Before it, the coordinator sends one with the status
// "pending" about every second while it works on the transaction.
type Submit struct {
	V int `json:"v"`
	// Key is the caller's idempotency key: of all submissions with one key that
	// have a participant in common at most one commits.
	Key string `json:"key"`
	// Branches are the participants, each once.
	Branches []Branch `json:"branches"`
	// TimeoutMS is the time to collect all votes, in milliseconds, at most an
	// hour; 0 means [DefaultTimeout].
	TimeoutMS int64 `json:"timeout_ms,omitempty"`
	// Wait selects when the answer is sent: "decided" (default) or "applied".
	Wait Wait `json:"wait,omitempty"`
	// Once declares that the key was generated for this submission and has not been
	// sent before.
	Once bool `json:"once,omitempty"`
	// Events are published if and only if the transaction commits.
	Events []Event `json:"events,omitempty"`
}

// Branch is one participant's part of a transaction.
type Branch struct {
	Participant string          `json:"participant"`
	Payload     json.RawMessage `json:"payload"`
}

// Wait is when a submission is answered.
type Wait string

// When a submission is answered: when its commit is durable in the log, or
// when every participant has applied it as well.
const (
	WaitDecided Wait = "decided"
	WaitApplied Wait = "applied"
)

// Form implements [wire.Message].
func (m *Submit) Form() wire.Form {
	return wire.Form{Name: "submit", Version: m.V, Limit: MaxSubmit}
}

// Check implements [wire.Message].
func (m *Submit) Check() error {
	if err := wire.CheckNewKey(m.Key); err != nil {
		return err
	}
	if len(m.Branches) == 0 {
		return fmt.Errorf("branches is empty: name at least one participant")
	}
	if len(m.Branches) > MaxBranches {
		return fmt.Errorf("branches has %d entries, the limit is %d", len(m.Branches), MaxBranches)
	}
	for i, b := range m.Branches {
		if err := wire.CheckParticipant(b.Participant); err != nil {
			return fmt.Errorf("branches[%d]: %w", i, err)
		}
		if err := checkPayload(b.Payload); err != nil {
			return fmt.Errorf("branches[%d] (%s): %w", i, b.Participant, err)
		}
		for j := range i {
			if m.Branches[j].Participant == b.Participant {
				return fmt.Errorf("branches[%d] and branches[%d] both name the participant %q: each may stand once", j, i, b.Participant)
			}
		}
	}
	if err := checkEvents(m.Events); err != nil {
		return err
	}
	if limit := MaxTimeout.Milliseconds(); m.TimeoutMS < 0 || m.TimeoutMS > limit {
		return fmt.Errorf("timeout_ms is %d, allowed is 0 (meaning %d) to %d", m.TimeoutMS, DefaultTimeout.Milliseconds(), limit)
	}
	switch m.Wait {
	case "", WaitDecided, WaitApplied:
		return nil
	default:
		return fmt.Errorf("wait is %.40q, allowed are %q and %q", m.Wait, WaitDecided, WaitApplied)
	}
}

func checkPayload(p json.RawMessage) error {
	if len(p) == 0 {
		return fmt.Errorf("payload is missing")
	}
	if len(p) > MaxPayload {
		return fmt.Errorf("payload has %d bytes, the limit is %d", len(p), MaxPayload)
	}
	if err := wire.CheckUnicode(p); err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	return nil
}

// Timeout returns the time to collect all votes, with the default filled in.
func (m *Submit) Timeout() time.Duration {
	if m.TimeoutMS == 0 {
		return DefaultTimeout
	}
	return time.Duration(m.TimeoutMS) * time.Millisecond
}

// Digest returns a fingerprint of the branches in the order of their names, and of the
// events, without the key. Two submissions with one key and different
// digests are in conflict. It is the first half of a SHA-256, in hex.
func (m *Submit) Digest() string {
	order := slices.Clone(m.Branches)
	slices.SortFunc(order, func(a, b Branch) int { return strings.Compare(a.Participant, b.Participant) })
	h := sha256.New()
	for _, b := range order {
		fmt.Fprintf(h, "%d:%s%d:%s", len(b.Participant), b.Participant, len(b.Payload), b.Payload)
	}
	for _, e := range m.Events {
		fmt.Fprintf(h, "event %d:%s%d:%s%d", len(e.Subject), e.Subject, len(e.Data), e.Data, len(e.Headers))
		for _, header := range e.Headers {
			fmt.Fprintf(h, " %d:%s%d:%s", len(header.Name), header.Name, len(header.Value), header.Value)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Status is what is known of a transaction.
type Status string

// What is known of a transaction. Only committed and aborted are final.
const (
	// StatusPending: not decided yet.
	StatusPending Status = "pending"
	// StatusCommitted: its commit is durable in its log.
	StatusCommitted Status = "committed"
	// StatusAborted: it did not commit. In the answer to a submission it also means
	// that nothing with its key ever will.
	StatusAborted Status = "aborted"
	// StatusUnknown: it may or may not have committed, or may still.
	StatusUnknown Status = "unknown"
	// StatusRejected: the request itself was not accepted; see the code.
	StatusRejected Status = "rejected"
)

// Outcome answers [Submit] and [StatusRequest].
type Outcome struct {
	V      int    `json:"v"`
	Status Status `json:"status"`
	// ID is the transaction that the status is about. For a repeated key it
	// is the one that committed, which need not be the last submitted.
	ID  ID     `json:"id,omitzero"`
	Key string `json:"key,omitempty"`
	// Code and Reason explain why it is not committed; Participant is their source.
	Code        wire.Code `json:"code,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	Participant string    `json:"participant,omitempty"`
	// Applied means that every participant has acknowledged the outcome.
	Applied bool `json:"applied,omitempty"`
	// Details are the data of the participants' yes votes, by participant.
	Details map[string]json.RawMessage `json:"details,omitempty"`
	// Abandoned are the branches and events that an operator abandoned, in answers to
	// [StatusRequest]. The outcome is not known to be applied there.
	Abandoned []Abandoned `json:"abandoned,omitempty"`
}

// Form implements [wire.Message].
func (m *Outcome) Form() wire.Form {
	return wire.Form{Name: "outcome", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Outcome) Check() error {
	switch m.Status {
	case StatusPending, StatusCommitted, StatusAborted, StatusUnknown, StatusRejected:
	default:
		return fmt.Errorf("status is %.40q, which is none of pending, committed, aborted, unknown, rejected", m.Status)
	}
	if len(m.Details) > MaxBranches {
		return fmt.Errorf("details has %d entries, the limit is %d", len(m.Details), MaxBranches)
	}
	for name, d := range m.Details {
		if err := cmp.Or(wire.CheckName(name), wire.CheckText("detail of "+name, string(d), MaxDetail)); err != nil {
			return err
		}
	}
	if len(m.Abandoned) > MaxBranches+MaxEvents {
		return fmt.Errorf("abandoned has %d entries, the limit is %d", len(m.Abandoned), MaxBranches+MaxEvents)
	}
	for i := range m.Abandoned {
		if err := m.Abandoned[i].Check(); err != nil {
			return fmt.Errorf("abandoned[%d]: %w", i, err)
		}
	}
	return wire.CheckCode(m.Code, m.Reason)
}

// StatusRequest requests the status of one transaction (request on tx.status).
type StatusRequest struct {
	V  int `json:"v"`
	ID ID  `json:"id"`
}

// Form implements [wire.Message].
func (m *StatusRequest) Form() wire.Form {
	return wire.Form{Name: "status request", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *StatusRequest) Check() error { return checkID(m.ID) }

func checkID(id ID) error {
	if id.IsZero() {
		return fmt.Errorf("id is missing")
	}
	return nil
}
