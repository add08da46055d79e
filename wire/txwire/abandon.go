package txwire

import (
	"fmt"
	"strings"

	"parley/wire"
)

// SubjectAbandon is the subject of [Abandon], which one coordinator answers.
const SubjectAbandon = Prefix + "abandon"

// Abandon requests a coordinator to stop waiting for one branch of a committed
// transaction, because its journal is lost, or refuses the outcome, permanently. The
// transaction stays committed; a permanent record states that this branch is not
// known to be applied. It is refused while the journal answers and has not refused
// the outcome.
type Abandon struct {
	V           int    `json:"v"`
	ID          ID     `json:"id"`
	Participant string `json:"participant"`
	// Reason and By are the operator's reason and name (at most [wire.MaxReason] bytes each).
	Reason string `json:"reason"`
	By     string `json:"by"`
}

// Form implements [wire.Message].
func (m *Abandon) Form() wire.Form {
	return wire.Form{Name: "abandon", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Abandon) Check() error {
	if err := checkID(m.ID); err != nil {
		return err
	}
	if err := wire.CheckName(m.Participant); err != nil {
		return err
	}
	return checkAbandoned(m.Reason, m.By)
}

func checkAbandoned(reason, by string) error {
	if strings.TrimSpace(reason) == "" {
		return fmt.Errorf("reason is empty: it is all that others will know of this")
	}
	if err := wire.CheckText("reason", reason, wire.MaxReason); err != nil {
		return err
	}
	if strings.TrimSpace(by) == "" {
		return fmt.Errorf("by is empty")
	}
	return wire.CheckText("by", by, wire.MaxReason)
}

// Abandoned is the record of a branch that an operator abandoned. It is stored on
// [AbandonedSubject] in the stream [JournalStream] and never changed.
type Abandoned struct {
	V           int    `json:"v"`
	ID          ID     `json:"id"`
	Participant string `json:"participant"`
	// Journal is the one that voted.
	Journal string `json:"journal"`
	Reason  string `json:"reason"`
	By      string `json:"by"`
	// At is when, by the broker's clock, in milliseconds since 1970.
	At int64 `json:"at"`
}

// MaxAbandoned bounds an encoded [Abandoned].
const MaxAbandoned = 8192

// Form implements [wire.Message].
func (m *Abandoned) Form() wire.Form {
	return wire.Form{Name: "abandoned", Version: m.V, Limit: MaxAbandoned}
}

// Check implements [wire.Message].
func (m *Abandoned) Check() error {
	if err := checkID(m.ID); err != nil {
		return err
	}
	if err := wire.CheckName(m.Participant); err != nil {
		return err
	}
	if err := wire.CheckToken("journal", m.Journal); err != nil {
		return err
	}
	return checkAbandoned(m.Reason, m.By)
}

// AbandonReply answers [Abandon]: with the record, or with the code and reason of a
// refusal.
type AbandonReply struct {
	V int `json:"v"`
	// Record is the stored one, which may be older than the request.
	Record *Abandoned `json:"record,omitempty"`
	Code   wire.Code  `json:"code,omitempty"`
	Reason string     `json:"reason,omitempty"`
}

// Form implements [wire.Message].
func (m *AbandonReply) Form() wire.Form {
	return wire.Form{Name: "abandon reply", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *AbandonReply) Check() error {
	if (m.Record == nil) == (m.Code == "") {
		return fmt.Errorf("code is %q beside a record: one of the two must be there", m.Code)
	}
	if m.Record != nil {
		if err := m.Record.Check(); err != nil {
			return fmt.Errorf("record: %w", err)
		}
	}
	return wire.CheckCode(m.Code, m.Reason)
}

// AbandonedSubject returns the subject of a branch's record in the stream
// [JournalStream]: abandoned.<participant>.<log>.<n>.
func AbandonedSubject(participant string, id ID) string {
	return abandonedPrefix + participant + "." + id.String()
}

// AbandonedFilter matches all of these records.
const AbandonedFilter = abandonedPrefix + ">"

const abandonedPrefix = "abandoned."
