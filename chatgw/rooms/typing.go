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
	rm := r.find(name)
	if rm == nil {
		return
	}
	typing, err := wire.Decode[chatwire.Typing](m.Data)
	if err != nil {
		r.count.malformed.Add(1)
		return
	}
	s := r.shared(&Shared{Room: name, Typed: &frame.Typed{T: frame.TypeTyped, Room: name, User: typing.User}})
	rm.offer(func() { rm.deliver([]*Shared{s}) })
}
