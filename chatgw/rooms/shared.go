package rooms

import (
	"sync"

	"parley/chatgw/frame"
)

// Shared is one frame for everybody in a room, encoded once. Exactly one of
// Message, Presence and Typed is set; nobody may change what it points to.
type Shared struct {
	Room     string
	Message  *frame.Message
	Presence *frame.Presence
	Typed    *frame.Typed

	encode func(any) []byte
	once   sync.Once
	bytes  []byte
}

// Bytes are what [Config.Encode] made of it. They are the same for everybody
// and must not be changed. Safe for concurrent use.
func (s *Shared) Bytes() []byte {
	s.once.Do(func() {
		switch {
		case s.Message != nil:
			s.bytes = s.encode(*s.Message)
		case s.Presence != nil:
			s.bytes = s.encode(*s.Presence)
		default:
			s.bytes = s.encode(*s.Typed)
		}
	})
	return s.bytes
}

// Member is a connection as its rooms see it. It must be comparable: a pointer.
// Its methods are called from the goroutines of its rooms, one at a time for
// each room, and must not block.
type Member interface {
	// Deliver passes on what happens in a room, in order: messages, presence,
	// typing. The slice may be used again after it returns; what is in it not
	// changed.
	Deliver(batch []*Shared)
	// Lost reports that the room moved on by more than can be replayed, or lost
	// its place, and that this member is no longer in it. Joining again
	// with the last (epoch, seq) gives what can be given.
	Lost(room string)
}
