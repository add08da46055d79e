package rooms

import (
	"parley/chatgw/frame"
	"parley/wire"

	"github.com/nats-io/nats.go"
)

// Typing tells everybody in a room, through all gateways and the author
// included, that somebody writes. It is stored nowhere and may get lost.
func (r *Rooms) Typing(room, user string) {
	m, err := wire.Check(wire.ChatTyping{V: wire.Version, User: user})
	if err != nil || wire.CheckRoom(room) != nil {
		return
	}
	_ = r.deps.NATS.Publish(wire.TypingSubject(room), wire.Encode(m))
}

// typing takes what a gateway said, this one included.
func (r *Rooms) typing(m *nats.Msg) {
	name, err := wire.ParseRoom(m.Subject)
	if err != nil {
		r.count.malformed.Add(1)
		return
	}
	rm := r.find(name)
	if rm == nil {
		return
	}
	said, err := wire.Decode[wire.ChatTyping](m.Data)
	if err != nil {
		r.count.malformed.Add(1)
		return
	}
	s := r.shared(&Shared{Room: name, Typed: &frame.Typed{T: frame.TypeTyped, Room: name, User: said.User}})
	rm.offer(func() { rm.give([]*Shared{s}) })
}
