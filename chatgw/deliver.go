package chatgw

import (
	"slices"

	"parley/chatgw/frame"
	"parley/chatgw/rooms"
	"parley/chatgw/socket"
)

// encode encodes an event of a room as a WebSocket frame, once for all members.
func encode(v any) []byte {
	switch v := v.(type) {
	case frame.Message:
		return socket.Text(frame.Encode(v))
	case frame.Presence:
		return socket.Text(frame.Encode(v))
	case frame.Typed:
		return socket.Text(frame.Encode(v))
	}
	panic("chatgw: an event of a room is neither message, presence nor typing")
}

// Deliver passes on the events of a room. It never blocks.
func (s *session) Deliver(batch []*rooms.Shared) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, say := range batch {
		if say.Room == s.joining {
			s.hold(say)
		} else {
			s.pass(say)
		}
	}
}

// hold keeps an event of a room until the answer to the join is queued: the
// client must see that first. The caller holds the lock.
func (s *session) hold(say *rooms.Shared) {
	if len(s.held) >= maxHeld {
		s.joining, s.held = "", nil
		s.conn.Close(socket.Bye{Code: frame.CloseLost, Reason: "the room talks faster than it could be joined", Retry: s.gateway.retry()})
		return
	}
	s.held = append(s.held, say)
}

// maxHeld bounds what is held: that of the longest join in a lively room.
const maxHeld = 4096

// pass queues an event of a room, unless the client has left it or knows it
// already. The caller holds the lock.
func (s *session) pass(say *rooms.Shared) {
	i := s.find(say.Room)
	if i < 0 {
		return
	}
	if say.Message != nil {
		if say.Message.Seq <= s.rooms[i].last {
			return // from before the room was joined again
		}
		s.rooms[i].last = say.Message.Seq
	}
	if say.Typed != nil && say.Typed.User == s.person.name {
		return
	}
	s.conn.Push(say.Bytes())
}

// find is where a room is among those that are joined, or -1. The caller holds
// the lock.
func (s *session) find(room string) int {
	return slices.IndexFunc(s.rooms, func(m membership) bool { return m.room == room })
}

// Lost ends a connection that a room cannot be continued for: the client
// connects again and resumes.
func (s *session) Lost(room string) {
	s.gateway.counters.lost.Add(1)
	s.conn.Close(socket.Bye{Code: frame.CloseLost, Reason: "the gateway lost its place in the room " + room, Retry: s.gateway.retry()})
}
