package chat

import (
	"fmt"

	"parley/chatgw/frame"
	"parley/idworker/snowflake"
	"parley/wire/chatwire"
)

const (
	StoredTwice Rule = "a message is stored twice"
	SameID      Rule = "two messages have one id"
	AckedLost   Rule = "an acknowledged message is not where its acknowledgement has it"
	Unanswered  Rule = "a message that was sent has no acknowledgement"
	Unsent      Rule = "a message is stored that nobody sent"
	Author      Rule = "what one person sent, each after the acknowledgement of the one before, is stored in another order"
)

// Stored is one message as the stream has it.
type Stored struct {
	Seq  uint64
	Room string
	chatwire.Message
}

// Frame is how a client is to be shown it.
func (s *Stored) Frame() frame.Message {
	return frame.Message{Seq: s.Seq, ID: s.ID, At: s.ID.Time().UnixMilli(), User: s.User, Kind: s.Kind, Text: s.Text, CID: s.CID}
}

// Rooms are the stream's messages by room.
func Rooms(stream []Stored) map[string]*Room {
	by := map[string][]Message{}
	for i := range stream {
		s := &stream[i]
		f := s.Frame()
		by[s.Room] = append(by[s.Room], MessageOf(&f))
	}
	rooms := map[string]*Room{}
	for name, messages := range by {
		rooms[name] = NewRoom(messages)
	}
	return rooms
}

// Sent is one message that a client sent, perhaps several times.
type Sent struct {
	User, Room, CID, Text string
	// Acks are all answers to it, which must be one and the same.
	Acks []frame.Ack
	// InTurn: it was sent after the acknowledgement of the person's message
	// before it.
	InTurn bool
	// Once: it is a service's, and was sent once. Whether it is stored is not
	// known without an answer.
	Once bool
}

// name identifies a message.
type name struct{ room, user, cid string }

// CheckSent compares what was sent, each person's messages in order, with the stream.
func CheckSent(stream []Stored, sent []Sent) (wrong []Violation) {
	fail := func(rule Rule, format string, args ...any) {
		wrong = append(wrong, Violation{rule, fmt.Sprintf(format, args...)})
	}
	stored := map[name]*Stored{}
	ids := map[snowflake.ID]uint64{}
	for i := range stream {
		s := &stream[i]
		if was, ok := ids[s.ID]; ok {
			fail(SameID, "%d and %d in %s", was, s.Seq, s.Room)
		}
		ids[s.ID] = s.Seq
		if s.Kind != chatwire.KindText && s.Kind != chatwire.KindService {
			continue
		}
		n := name{s.Room, s.User, s.CID}
		if was := stored[n]; was != nil {
			fail(StoredTwice, "%v is %d and %d", n, was.Seq, s.Seq)
			continue
		}
		stored[n] = s
	}
	last := map[[2]string]uint64{}
	for i := range sent {
		m := &sent[i]
		n := name{m.Room, m.User, m.CID}
		s := stored[n]
		delete(stored, n)
		if len(m.Acks) == 0 && !m.Once {
			fail(Unanswered, "%v", n)
		}
		for _, a := range m.Acks {
			if s == nil || s.Seq != a.Seq || s.ID != a.ID || s.ID.Time().UnixMilli() != a.At || s.Text != m.Text {
				fail(AckedLost, "%v was acknowledged as %d with id %d", n, a.Seq, a.ID)
			}
		}
		if s == nil || !m.InTurn {
			continue
		}
		by := [2]string{m.Room, m.User}
		if s.Seq < last[by] {
			fail(Author, "%v is %d, the one before it %d", n, s.Seq, last[by])
		}
		last[by] = s.Seq
	}
	for n, s := range stored {
		fail(Unsent, "%v is %d", n, s.Seq)
	}
	return wrong
}
