package chatgw

import (
	"slices"

	"parley/chatgw/frame"
	"parley/chatgw/rooms"
	"parley/chatgw/socket"
)

// encode makes what a room sends into a WebSocket frame, once for all members.
func encode(v any) []byte {
	switch v := v.(type) {
	case frame.Message:
		return socket.Text(frame.Encode(v))
	case frame.Presence:
		return socket.Text(frame.Encode(v))
	case frame.Typed:
		return socket.Text(frame.Encode(v))
	}
	panic("chatgw: a room sends what is neither message, presence nor typing")
}

// Deliver passes on what a room sends. It never blocks.
func (s *session) Deliver(batch []*rooms.Shared) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, shared := range batch {
		if shared.Room == s.joining {
			s.hold(shared)
		} else {
			s.pass(shared)
		}
	}
}

// hold keeps what a room sends until the answer to the join is queued: the
// client must see that first. The caller holds the lock.
func (s *session) hold(shared *rooms.Shared) {
	if len(s.held) >= maxHeld {
		s.joining, s.held = "", nil
		s.conn.Close(socket.Bye{Code: frame.CloseLost, Reason: "the room talks faster than it could be joined"})
		return
	}
	s.held = append(s.held, shared)
}

// maxHeld bounds what is held: that of the longest join in a lively room.
const maxHeld = 4096

// pass queues what a room sends, unless the client has left the room or knows
// it already. The caller holds the lock.
func (s *session) pass(shared *rooms.Shared) {
	i := s.find(shared.Room)
	if i < 0 {
		return
	}
	if shared.Message != nil {
		if shared.Message.Seq <= s.rooms[i].last {
			return // from before the room was joined again
		}
		s.rooms[i].last = shared.Message.Seq
	}
	if shared.Typed != nil && shared.Typed.User == s.person.name {
		return
	}
	s.conn.Push(shared.Bytes())
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
	s.conn.Close(socket.Bye{Code: frame.CloseLost, Reason: "the gateway lost its place in the room " + room})
}
