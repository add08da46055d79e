package chat

import (
	"encoding/binary"
	"hash/fnv"

	"parley/chatgw/frame"
)

// Message is one message as far as it is compared: its place, and a digest of
// everything else.
type Message struct {
	Seq, Prev uint64
	digest    uint64
}

// MessageOf returns the message of a frame.
func MessageOf(m *frame.Message) Message {
	h := fnv.New64a()
	var n [8]byte
	number := func(v int64) {
		binary.BigEndian.PutUint64(n[:], uint64(v))
		h.Write(n[:])
	}
	number(int64(m.ID))
	number(m.At)
	for _, s := range []string{m.User, string(m.Kind), m.Text, m.CID} {
		number(int64(len(s)))
		h.Write([]byte(s))
	}
	return Message{Seq: m.Seq, Prev: m.Prev, digest: h.Sum64()}
}

func messagesOf(frames []frame.Message) []Message {
	out := make([]Message, len(frames))
	for i := range frames {
		out[i] = MessageOf(&frames[i])
	}
	return out
}

// happened is a kind of event.
type happened int

const (
	connected happened = iota // a new connection, on which nothing is joined
	recovered                 // a join was answered with what came after since
	reset                     // a join was answered with the newest page
	delivered                 // messages as they came, one after the other
	paged                     // a page of history, of the messages before a number
)

// event is one thing that a client was shown.
type event struct {
	what        happened
	since, last uint64
	before      uint64
	more        bool
	messages    []Message
}

// View is everything that one client was shown of one room, in order. It judges
// nothing; see [Room.Check]. It also returns what a correct client requests next:
// [View.Resume] and [View.Hole].
type View struct {
	Client, Room string

	events []event
	begun  bool
	epoch  string
	last   uint64
	holes  []hole
	// Recovered and Resets count the answers to joins after the first.
	Recovered, Resets int
}

// hole is what is missing between two messages that were shown; the history has it.
type hole struct{ after, before uint64 }

// Connected records a new connection.
func (v *View) Connected() { v.events = append(v.events, event{what: connected}) }

// Resume is what to join with.
func (v *View) Resume() (epoch string, since uint64) { return v.epoch, v.last }

// Last is the number up to which the room was shown.
func (v *View) Last() uint64 { return v.last }

// Joined records the answer to a join that requested the messages after since.
func (v *View) Joined(j *frame.Joined, since uint64) {
	e := event{what: reset, since: since, last: j.Last, more: j.More, messages: messagesOf(j.Messages)}
	switch {
	case j.Recovered:
		e.what = recovered
		v.Recovered++
	case v.begun:
		v.Resets++
		if len(e.messages) > 0 && e.messages[0].Seq > v.last && j.More {
			v.holes = append(v.holes, hole{v.last, e.messages[0].Seq})
		}
	}
	v.events = append(v.events, e)
	v.begun, v.epoch, v.last = true, j.Epoch, j.Last
}

// Delivered records a message that was not requested.
func (v *View) Delivered(m *frame.Message) {
	if n := len(v.events); n == 0 || v.events[n-1].what != delivered {
		v.events = append(v.events, event{what: delivered})
	}
	e := &v.events[len(v.events)-1]
	e.messages = append(e.messages, MessageOf(m))
	v.last = m.Seq
}

// Hole is the number before which a page of history is missing, 0 if none is.
func (v *View) Hole() (before uint64) {
	if len(v.holes) == 0 {
		return 0
	}
	return v.holes[0].before
}

// Page records the page of history that [View.Hole] named.
func (v *View) Page(p *frame.Page) {
	h := &v.holes[0]
	e := event{what: paged, before: h.before, more: p.More, messages: messagesOf(p.Messages)}
	v.events = append(v.events, e)
	if len(e.messages) > 0 {
		h.before = e.messages[0].Seq
	}
	if len(e.messages) == 0 || !p.More || h.before <= h.after {
		v.holes = v.holes[1:]
	}
}
