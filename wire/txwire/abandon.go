package txwire

import (
	"cmp"
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
//
// With Event it requests to give up one event of the transaction, because its stream
// is lost, or refuses it, permanently.
type Abandon struct {
	V  int `json:"v"`
	ID ID  `json:"id"`
	// Participant is whose branch is abandoned, empty with Event.
	Participant string `json:"participant"`
	// Event is the index of the event that is given up, nil for a branch.
	Event *int `json:"event,omitempty"`
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
	if err := cmp.Or(checkID(m.ID), checkWhich(m.Participant, m.Event)); err != nil {
		return err
	}
	return checkAbandoned(m.Reason, m.By)
}

// checkWhich checks that either a participant or an event is named.
func checkWhich(participant string, event *int) error {
	switch {
	case event == nil:
		return wire.CheckName(participant)
	case participant != "":
		return fmt.Errorf("participant is %.40q beside an event: name one of the two", participant)
	case *event < 0 || *event >= MaxEvents:
		return fmt.Errorf("event is %d, allowed are 0 to %d", *event, MaxEvents-1)
	default:
		return nil
	}
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

// Abandoned is the record of a branch, or of an event, that an operator abandoned. It is
// stored on [AbandonedSubject], or [AbandonedEventSubject], in the stream [JournalStream]
// and never changed.
type Abandoned struct {
	V  int `json:"v"`
	ID ID  `json:"id"`
	// Participant is empty with Event.
	Participant string `json:"participant"`
	// Journal is the one that voted, empty with Event.
	Journal string `json:"journal"`
	// Event is the index of an event that was given up, nil for a branch.
	Event  *int   `json:"event,omitempty"`
	Reason string `json:"reason"`
	By     string `json:"by"`
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
	if err := cmp.Or(checkID(m.ID), checkWhich(m.Participant, m.Event)); err != nil {
		return err
	}
	if m.Event != nil && m.Journal != "" {
		return fmt.Errorf("journal is %.40q beside an event, which has none", m.Journal)
	}
	if m.Event == nil {
		if err := wire.CheckToken("journal", m.Journal); err != nil {
			return err
		}
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

// AbandonedEventSubject returns the subject of the record of an event that was given up:
// abandoned.-<index>.<log>.<n>. No participant has such a name.
func AbandonedEventSubject(event int, id ID) string {
	return AbandonedSubject(fmt.Sprintf("-%d", event), id)
}

// AbandonedFilter matches all of these records.
const AbandonedFilter = abandonedPrefix + ">"

const abandonedPrefix = "abandoned."
