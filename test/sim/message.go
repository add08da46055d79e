package sim

import (
	"encoding/json"
	"fmt"

	"parley/wire/txwire"
)

// Kinds of messages besides wire's five: the requests and their answers.
const (
	kindSubmit   = "submit"
	kindReply    = "reply"
	kindResolve  = "resolve"
	kindResolved = "resolved"
)

// message is one message of any kind. The sender of what a coordinator sends is
// no part of it: no receiver can distinguish two coordinators.
type message struct {
	kind string
	// to is the participant or client it goes to, empty for the coordinators.
	to string
	// from is the participant or client it comes from, empty for a coordinator.
	from string
	tx   txwire.ID
	// try numbers the submissions of a client, in a submit and in its reply.
	try int
	// body is the wire message, without the texts for people: nothing may be
	// decided by them.
	body any
}

// key distinguishes messages.
func (m *message) key() string {
	body, err := json.Marshal(m.body)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("%s|%s|%s|%s|%d|%s", m.kind, m.to, m.from, m.tx, m.try, body)
}

// String is the message as a trace shows it: "prepare b.1 to inventory".
func (m *message) String() string {
	s := m.kind
	if !m.tx.IsZero() {
		s += " " + m.tx.String()
	}
	switch b := m.body.(type) {
	case txwire.Vote:
		s += voteText(b)
	case txwire.Ack:
		s += " of " + b.Of + closedText(b.Closed)
		if b.Code != "" {
			s += " (" + string(b.Code) + ")"
		}
	case txwire.Abort:
		if b.Close {
			s += ", closing the key"
		}
	case txwire.Resolved:
		s += ": " + string(b.Status)
		if b.SealSeq > 0 {
			s += fmt.Sprintf(" by the seal %d", b.SealSeq)
		}
	case txwire.Outcome:
		s += fmt.Sprintf(" to try %d: %s %s %s", m.try, b.Status, b.ID, b.Code)
	case txwire.Submit:
		s += fmt.Sprintf(" %q, try %d", b.Key, m.try)
		if b.Once {
			s += ", once"
		}
	}
	switch {
	case m.to != "":
		return s + " to " + m.to
	case m.from != "":
		return s + " from " + m.from
	default:
		return s
	}
}

func voteText(v txwire.Vote) string {
	if v.Yes {
		return " yes"
	}
	s := " no (" + string(v.Code)
	if !v.Other.IsZero() {
		s += " of " + v.Other.String() + ", " + string(v.OtherState)
	}
	return s + ")" + closedText(v.Closed)
}

func closedText(closed bool) string {
	if closed {
		return ", key closed"
	}
	return ""
}
