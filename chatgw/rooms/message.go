package rooms

import (
	"iter"

	"parley/chatgw/frame"
	"parley/chatgw/rooms/machine"
	"parley/wire"
	"parley/wire/chatwire"
)

// message makes what the machine orders out of what the stream holds. What is
// no message of ours (somebody wrote into the stream past the gateways) keeps
// its place, and has no body: it is shown to nobody.
func (r *Rooms) message(place chatwire.Place, data []byte) machine.Message {
	m := machine.Message{Seq: place.Seq, Prev: place.Prev, Size: len(data)}
	c, err := wire.Decode[chatwire.Message](data)
	if err != nil {
		r.count.malformed.Add(1)
		return m
	}
	m.Body = &Shared{Room: place.Room, encode: r.cfg.Encode, Message: &frame.Message{
		T: frame.TypeMessage, Room: place.Room, Seq: place.Seq,
		ID: c.ID, At: c.ID.Time().UnixMilli(), User: c.User, Kind: c.Kind, Text: c.Text, CID: c.CID,
	}}
	return m
}

func (r *Rooms) messages(found []stored) []machine.Message {
	out := make([]machine.Message, len(found))
	for i, s := range found {
		out[i] = r.message(s.Place, s.data)
	}
	return out
}

// visible are the messages that are shown, each with the number of the one before it, or
// 0, unknown, if that one is hidden. hidden carries that from one call to the next.
func visible(messages []machine.Message, hidden *bool) iter.Seq2[*Shared, uint64] {
	return func(yield func(s *Shared, prev uint64) bool) {
		for _, m := range messages {
			s, ok := m.Body.(*Shared)
			prev := m.Prev
			if *hidden {
				prev = 0
			}
			if *hidden = !ok; ok && !yield(s, prev) {
				return
			}
		}
	}
}

// show are the messages that members see, out of those that are delivered. It is called
// once for each message, before anybody else has it.
func (rm *room) show(messages []machine.Message) []*Shared {
	rm.batch = rm.batch[:0]
	for s, prev := range visible(messages, &rm.hidden) {
		s.Message.Prev = prev
		rm.batch = append(rm.batch, s)
	}
	return rm.batch
}

// page returns copies of the messages as a page shows them.
func page(messages []machine.Message) []frame.Message {
	out, hidden := make([]frame.Message, 0, len(messages)), false
	for s, prev := range visible(messages, &hidden) {
		f := *s.Message
		f.T, f.Room, f.Prev = "", "", prev
		out = append(out, f)
	}
	return out
}
