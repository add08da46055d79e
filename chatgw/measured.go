package chatgw

import (
	"maps"

	"parley/chatgw/rooms"
	"parley/chatgw/socket"
)

// snapshot is all numbers of one moment.
type snapshot struct {
	socket          socket.Counters
	rooms           rooms.Counters
	people          int
	connected       bool
	malformed       uint64
	unwelcome       uint64
	tooFast         uint64
	lost            uint64
	refusals, posts map[string]uint64
}

func (g *Gateway) snapshot() *snapshot {
	c := &g.counters
	s := &snapshot{
		socket: g.sockets.Counters(), rooms: g.rooms.Counters(), people: g.people.count(), connected: g.deps.NATS.IsConnected(),
		malformed: c.malformed.Load(), unwelcome: c.unwelcome.Load(), tooFast: c.tooFast.Load(), lost: c.lost.Load(),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.refusals, s.posts = maps.Clone(c.refusals), maps.Clone(c.posts)
	return s
}

// sockets are the numbers of connections.
func (c *collector) sockets() {
	c.gauge("parley_chat_connections", "WebSocket connections now.", func(s *snapshot) float64 { return float64(s.socket.Connections) })
	c.gauge("parley_chat_stuck_connections", "Connections whose socket takes no more now.", func(s *snapshot) float64 { return float64(s.socket.Stuck) })
	c.counter("parley_chat_handshakes_total", "Handshakes that became a connection.", func(s *snapshot) uint64 { return s.socket.Opened })
	c.counter("parley_chat_handshakes_refused_total", "Requests to /ws that were no handshake or were not allowed.", func(s *snapshot) uint64 { return s.socket.Refused })
	c.counter("parley_chat_connections_full_total", "Connections that there was no room for, of an address or in all.", func(s *snapshot) uint64 { return s.socket.Full })
	c.counter("parley_chat_connections_slow_total", "Connections that were cut off because their queue was full.", func(s *snapshot) uint64 { return s.socket.Slow })
	c.by("code", "parley_chat_closed_total", "Connections that ended, by close code.", func(s *snapshot) map[string]uint64 {
		byLabel := map[string]uint64{}
		for code, n := range s.socket.Closed {
			byLabel[closeLabel(code)] += n
		}
		return byLabel
	})
	c.counter("parley_chat_frames_received_total", "Messages of clients.", func(s *snapshot) uint64 { return s.socket.FramesIn })
	c.counter("parley_chat_received_bytes_total", "Bytes that clients sent.", func(s *snapshot) uint64 { return s.socket.BytesIn })
	c.counter("parley_chat_writes_total", "System calls that wrote to clients.", func(s *snapshot) uint64 { return s.socket.Writes })
	c.counter("parley_chat_sent_bytes_total", "Bytes that clients were sent.", func(s *snapshot) uint64 { return s.socket.BytesOut })
}

// chat are the numbers of people, rooms and messages.
func (c *collector) chat() {
	c.gauge("parley_chat_people", "People connected to this gateway now.", func(s *snapshot) float64 { return float64(s.people) })
	c.gauge("parley_chat_broker_connected", "1 while the broker can be reached.", func(s *snapshot) float64 {
		if s.connected {
			return 1
		}
		return 0
	})
	c.counter("parley_chat_unwelcome_total", "Hellos that were not let in.", func(s *snapshot) uint64 { return s.unwelcome })
	c.counter("parley_chat_malformed_total", "Connections closed because of a malformed frame.", func(s *snapshot) uint64 { return s.malformed })
	c.counter("parley_chat_too_fast_total", "Frames beyond a rate.", func(s *snapshot) uint64 { return s.tooFast })
	c.by("code", "parley_chat_refused_total", "Frames answered with an error, by its code.", func(s *snapshot) map[string]uint64 { return s.refusals })
	c.by("code", "parley_chat_posts_total", "Posts of services, by the code of the answer; ok without one.", func(s *snapshot) map[string]uint64 { return s.posts })
	c.counter("parley_chat_lost_total", "Memberships that could not be continued.", func(s *snapshot) uint64 { return s.lost })

	c.gauge("parley_chat_rooms", "Rooms held in memory now.", func(s *snapshot) float64 { return float64(s.rooms.Rooms) })
	c.gauge("parley_chat_memberships", "Rooms joined now, over all connections.", func(s *snapshot) float64 { return float64(s.rooms.Members) })
	c.gauge("parley_chat_indexed_messages", "Stored messages whose place is known: pages of them are read without a search.", func(s *snapshot) float64 { return float64(s.rooms.Indexed) })
	c.counter("parley_chat_messages_live_total", "Re-sent messages that arrived from the broker.", func(s *snapshot) uint64 { return s.rooms.Live })
	c.counter("parley_chat_deliveries_total", "Messages given to members.", func(s *snapshot) uint64 { return s.rooms.Delivered })
	c.counter("parley_chat_messages_stored_total", "Messages of this gateway that became durable.", func(s *snapshot) uint64 { return s.rooms.Sent })
	c.counter("parley_chat_gaps_total", "Holes seen between re-sent messages.", func(s *snapshot) uint64 { return s.rooms.Gaps })
	c.counter("parley_chat_gap_messages_total", "Messages read from the stream to close holes.", func(s *snapshot) uint64 { return s.rooms.Filled })
	c.counter("parley_chat_rooms_given_up_total", "Rooms given up because a hole could not be closed.", func(s *snapshot) uint64 { return s.rooms.Lost })
	c.counter("parley_chat_resumed_total", "Joins that got exactly what they missed.", func(s *snapshot) uint64 { return s.rooms.Recovered })
	c.counter("parley_chat_not_resumed_total", "Joins whose place could not be continued.", func(s *snapshot) uint64 { return s.rooms.Unrecovered })
	c.counter("parley_chat_foreign_messages_total", "Messages on the chat's subjects that are none and were ignored.", func(s *snapshot) uint64 { return s.rooms.Malformed })
}
