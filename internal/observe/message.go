package observe

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"parley/wire"
	"parley/wire/txwire"
)

// Ends of an arrow besides participants.
const (
	endClient      = "client"
	endCoordinator = "coordinator"
	endLog         = "log"
)

// observed is one message of the protocol, and what observe --json prints.
type observed struct {
	Time time.Time `json:"time"`
	// Kind is that of the subject, or open, append or seal for a record of a
	// commit log.
	Kind        string    `json:"kind"`
	From        string    `json:"from"`
	To          string    `json:"to"`
	Participant string    `json:"participant,omitempty"`
	ID          txwire.ID `json:"id,omitzero"`
	Subject     string    `json:"subject"`
	// Body is the message as it crossed, or null if it is not JSON.
	Body json.RawMessage `json:"body"`
	// summary is the essence of the body; no marks a refusal.
	summary string
	no      bool
	// others are the transactions in a record.
	others []txwire.ID
}

// observe reads one message; false means that it is none of the protocol's.
// A body that cannot be read is shown as such: that is worth seeing.
func observe(subject string, data []byte, now time.Time) (observed, bool) {
	o := observed{Time: now, Subject: subject, From: endCoordinator, To: endCoordinator}
	if json.Valid(data) {
		o.Body = data
	}
	if kind, participant, id, err := txwire.ParseSubject(subject); err == nil {
		o.Kind, o.Participant, o.ID = kind, participant, id
		if o.To = participant; kind == txwire.KindVote || kind == txwire.KindAck {
			o.From, o.To = participant, endCoordinator
		}
		o.branch(data)
		return o, true
	}
	if log, err := txwire.ParseLogSubject(subject); err == nil {
		o.To = endLog
		o.record(log, data)
		return o, true
	}
	switch subject {
	case txwire.SubjectSubmit:
		o.Kind, o.From = "submit", endClient
		o.submit(data)
	case txwire.SubjectStatus:
		o.Kind, o.From = "status", endClient
		if m, ok := decodeBody[txwire.StatusRequest](&o, data); ok {
			o.ID = m.ID
		}
	case txwire.SubjectResolve:
		o.Kind, o.From = "resolve", endClient
		o.question(data)
	default:
		// What remains of the subjects that are subscribed to is the owner's.
		o.Kind = "ask-owner"
		o.question(data)
	}
	return o, true
}

// decodeBody decodes a body. If it cannot, the error becomes the summary.
func decodeBody[T any, M wire.Message[T]](o *observed, data []byte) (T, bool) {
	m, err := wire.Decode[T, M](data)
	if err != nil {
		o.summary, o.no = "unreadable: "+err.Error(), true
	}
	return m, err == nil
}

func (o *observed) branch(data []byte) {
	switch o.Kind {
	case txwire.KindPrepare:
		if m, ok := decodeBody[txwire.Prepare](o, data); ok {
			o.summary = fmt.Sprintf("key %s, %s", m.Key, m.Payload)
		}
	case txwire.KindVote:
		m, ok := decodeBody[txwire.Vote](o, data)
		switch {
		case !ok:
		case m.Yes:
			o.summary = strings.TrimSpace("yes " + string(m.Detail))
		default:
			o.summary, o.no = fmt.Sprintf("no, %s: %s", m.Code, m.Reason), true
		}
	case txwire.KindCommit:
		decodeBody[txwire.Commit](o, data)
	case txwire.KindAbort:
		if m, ok := decodeBody[txwire.Abort](o, data); ok {
			o.summary = m.Reason
		}
	case txwire.KindAck:
		if m, ok := decodeBody[txwire.Ack](o, data); ok {
			o.summary = m.Of
			if m.Code != "" {
				o.summary, o.no = fmt.Sprintf("%s, %s: %s", m.Of, m.Code, m.Reason), m.Code == wire.CodeViolation
			}
		}
	}
}

func (o *observed) record(log string, data []byte) {
	o.Kind = "append"
	m, ok := decodeBody[txwire.Record](o, data)
	if !ok {
		return
	}
	var ids []string
	for _, c := range m.Commits {
		id := txwire.ID{Log: log, N: c.N}
		o.others = append(o.others, id)
		ids = append(ids, fmt.Sprint(c.N))
	}
	switch m.Kind {
	case txwire.RecordCommits:
		o.summary = fmt.Sprintf("commits %s after %d", strings.Join(ids, ","), m.Prev)
		if n := len(m.Settled); n > 0 {
			o.summary += fmt.Sprintf(", settles events of %d transactions", n)
		}
		if len(o.others) == 1 {
			o.ID = o.others[0]
		} else {
			o.summary = log + " " + o.summary
		}
	default:
		o.Kind, o.summary = string(m.Kind), log
	}
}

func (o *observed) submit(data []byte) {
	m, ok := decodeBody[txwire.Submit](o, data)
	if !ok {
		return
	}
	parts := []string{"key " + m.Key}
	for _, b := range m.Branches {
		parts = append(parts, b.Participant+" "+string(b.Payload))
	}
	for _, e := range m.Events {
		parts = append(parts, "event "+e.Subject)
	}
	o.summary = strings.Join(parts, ", ")
}

func (o *observed) question(data []byte) {
	m, ok := decodeBody[txwire.Resolve](o, data)
	if !ok {
		return
	}
	o.ID, o.Participant = m.ID, m.Participant
	o.summary = "what became of it?"
	switch {
	case o.Kind == "resolve" && m.Participant != "":
		o.From = m.Participant
	case m.Participant != "":
		o.summary += " (for " + m.Participant + ")"
	}
}

// mentions reports whether a record holds the transaction.
func (o *observed) mentions(id txwire.ID) bool { return slices.Contains(o.others, id) }
