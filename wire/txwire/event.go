package txwire

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/wire"
)

// Event is a message for a JetStream stream. It is published if and only if the
// transaction commits, by the coordinator or by the one that adopts its log, until the
// stream acknowledges it.
//
// It is published with its headers and [HeaderTx], and with the Nats-Msg-Id of
// [EventMsgID], so that it is stored once within the duplicate window of the stream.
// A consumer that must not process it twice after that window compares the
// Nats-Msg-Id itself.
type Event struct {
	Subject string        `json:"subject"`
	Headers []EventHeader `json:"headers,omitempty"`
	// Data is any data, in JSON in base64.
	Data []byte `json:"data,omitempty"`
}

// EventHeader is a header of an [Event].
type EventHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// HeaderTx is the header of every event that names the transaction.
const HeaderTx = "Parley-Tx"

// EventMsgID returns the Nats-Msg-Id of the event with an index in the transaction's
// submission: <log>.<n>.<index>.
func EventMsgID(id ID, index int) string { return fmt.Sprintf("%s.%d", id, index) }

// Size returns the number of bytes that [MaxEventBytes] bounds.
func (e *Event) Size() int {
	n := len(e.Subject) + len(e.Data)
	for _, h := range e.Headers {
		n += len(h.Name) + len(h.Value)
	}
	return n
}

func checkEvents(events []Event) error {
	if len(events) > MaxEvents {
		return fmt.Errorf("events has %d entries, the limit is %d", len(events), MaxEvents)
	}
	size := 0
	for i := range events {
		if err := events[i].check(); err != nil {
			return fmt.Errorf("events[%d]: %w", i, err)
		}
		size += events[i].Size()
	}
	if size > MaxEventBytes {
		return fmt.Errorf("events have %d bytes (subjects, headers and data), the limit is %d", size, MaxEventBytes)
	}
	return nil
}

func (e *Event) check() error {
	if err := CheckEventSubject(e.Subject); err != nil {
		return err
	}
	if len(e.Headers) > MaxEventHeaders {
		return fmt.Errorf("headers has %d entries, the limit is %d", len(e.Headers), MaxEventHeaders)
	}
	for i := range e.Headers {
		if err := e.Headers[i].check(); err != nil {
			return fmt.Errorf("headers[%d]: %w", i, err)
		}
	}
	return nil
}

// CheckEventSubject returns an error unless s can be the subject of an event: without
// wildcards, and neither the broker's own ("$...", "_...") nor one of Parley's.
func CheckEventSubject(s string) error {
	if err := checkSubject(s); err != nil {
		return err
	}
	if strings.ContainsAny(s, "*>") {
		return fmt.Errorf("subject %q has a wildcard", s)
	}
	return nil
}

// CheckEventFilter returns an error unless s can be in the list of subjects that
// coordinators may publish events to: a subject, or one with wildcards, all of whose
// subjects an event may have.
func CheckEventFilter(s string) error {
	if err := checkSubject(s); err != nil {
		return err
	}
	tokens := strings.Split(s, ".")
	for i, token := range tokens {
		switch {
		case token == ">" && i > 0 && i == len(tokens)-1, token == "*" && i > 0:
		case strings.ContainsAny(token, "*>"):
			return fmt.Errorf("subject %q: the first word must be a word, * another one, and > the last one", s)
		}
	}
	return nil
}

func checkSubject(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("subject is empty")
	case len(s) > MaxEventSubject:
		return fmt.Errorf("subject %.40q... has %d bytes, the limit is %d", s, len(s), MaxEventSubject)
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return fmt.Errorf("subject %q has characters other than printable ASCII without spaces", s)
	case slices.Contains(strings.Split(s, "."), ""):
		return fmt.Errorf("subject %q has an empty word", s)
	case s[0] == '$' || s[0] == '_':
		return fmt.Errorf("subject %q is reserved for the broker: events may not have subjects that begin with $ or _", s)
	case wire.OwnSubject(s):
		return fmt.Errorf("subject %q is one of Parley's own: events may not have those", s)
	default:
		return nil
	}
}

func (h *EventHeader) check() error {
	if h.Name == "" || strings.ContainsFunc(h.Name, func(r rune) bool {
		return r >= 0x7f || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_'
	}) {
		return fmt.Errorf("name %.40q is not one of letters, digits, - and _", h.Name)
	}
	for _, reserved := range []string{"nats-", "parley-"} {
		if strings.HasPrefix(strings.ToLower(h.Name), reserved) {
			return fmt.Errorf("name %.40q is reserved: events may not have headers that begin with Nats- or Parley-", h.Name)
		}
	}
	if !utf8.ValidString(h.Value) || strings.ContainsFunc(h.Value, unicode.IsControl) || strings.TrimSpace(h.Value) != h.Value {
		return fmt.Errorf("value %.40q of %s has control characters, or space around it", h.Value, h.Name)
	}
	return nil
}

// CommittedEvent is an event of a committed transaction in a record.
type CommittedEvent struct {
	// Index is its index in the submission, see [EventMsgID].
	Index int `json:"i"`
	// Stream is the stream that must acknowledge it.
	Stream string `json:"stream"`
	Event  Event  `json:"event"`
}

// Weight returns what [MaxRecordEvents] bounds: at least half the bytes of the encoded
// event.
func (c *CommittedEvent) Weight() int {
	n := 64 + len(c.Stream) + c.Event.Size()
	return n + 16*len(c.Event.Headers)
}

// SettledEvents are events of one transaction that need not be published any more: their
// stream has acknowledged them, or an operator gave them up.
type SettledEvents struct {
	N       uint64 `json:"n"`
	Indexes []int  `json:"i"`
}

func (m *Record) checkSettled() error {
	if len(m.Settled) > MaxSettled {
		return fmt.Errorf("settled has %d entries, the limit is %d", len(m.Settled), MaxSettled)
	}
	for i, s := range m.Settled {
		if s.N == 0 || len(s.Indexes) == 0 {
			return fmt.Errorf("settled[%d]: n is %d and i has %d entries, neither may be 0", i, s.N, len(s.Indexes))
		}
		if err := checkIndexes(s.Indexes); err != nil {
			return fmt.Errorf("settled[%d]: %w", i, err)
		}
	}
	return nil
}

// checkIndexes checks indexes of events, which must ascend.
func checkIndexes(indexes []int) error {
	last := -1
	for _, n := range indexes {
		if n <= last || n >= MaxEvents {
			return fmt.Errorf("i is %d after %d, allowed are ascending numbers below %d", n, last, MaxEvents)
		}
		last = n
	}
	return nil
}

func (c *Committed) checkEvents() error {
	events, indexes := make([]Event, len(c.Events)), make([]int, len(c.Events))
	for i := range c.Events {
		e := &c.Events[i]
		events[i], indexes[i] = e.Event, e.Index
		if e.Stream == "" || len(e.Stream) > MaxStreamName || strings.ContainsFunc(e.Stream, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return fmt.Errorf("events[%d]: stream %.40q is not a name of 1 to %d printable characters", i, e.Stream, MaxStreamName)
		}
	}
	if err := checkEvents(events); err != nil {
		return err
	}
	return checkIndexes(indexes)
}
