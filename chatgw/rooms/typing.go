package rooms

import (
	"parley/chatgw/frame"
	"parley/wire"
	"parley/wire/chatwire"

	"github.com/nats-io/nats.go"
)

// Typing announces to everybody in a room, through all gateways and the author
// included, that somebody is typing. It is stored nowhere and may get lost.
func (r *Rooms) Typing(room, user string) {
	m, err := wire.Check(chatwire.Typing{V: wire.Version, User: user})
	if err != nil || chatwire.CheckRoom(room) != nil {
		return
	}
	_ = r.deps.NATS.Publish(chatwire.TypingSubject(room), wire.Encode(m))
}

// typing handles the announcement of a gateway, this one included.
func (r *Rooms) typing(m *nats.Msg) {
	name, err := chatwire.ParseRoom(m.Subject)
	if err != nil {
		r.count.malformed.Add(1)
		return
	}
	if r.find(name) == nil {
		return
	}
	typing, err := wire.Decode[chatwire.Typing](m.Data)
	if err != nil {
		r.count.malformed.Add(1)
		return
	}
	r.announce(name, &Shared{Typed: &frame.Typed{T: frame.TypeTyped, Room: name, User: typing.User}})
}

// announce sends the members of a room, if it is open, what is stored nowhere.
func (r *Rooms) announce(name string, s *Shared) {
	if rm := r.find(name); rm != nil {
		s.Room, s.encode = name, r.cfg.Encode
		rm.offer(func() { rm.deliver([]*Shared{s}) })
	}
}
