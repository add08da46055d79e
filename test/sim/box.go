package sim

import (
	"encoding/binary"
	"slices"
)

// box is the set of messages that were ever sent to one receiver and not taken
// back: any of them may be delivered at any time, any number of times. Only a
// submission is taken out when it is delivered: a request to a queue group is
// delivered once or never.
type box struct {
	messages []uint16
	has      [maxMessages / 64]uint64
	adds     map[uint16]uint32
	facts    boxFacts
}

// maxMessages bounds the different messages to one receiver.
const maxMessages = 1024

// boxFacts are what the messages of a box claim of transactions: a client's, which are called
// committed and whether the key is called closed; a participant's, which are to
// be prepared.
type boxFacts struct {
	committed, prepares txSet
	closed              bool
}

func boxKey(messages []uint16) []byte {
	var b []byte
	for _, m := range messages {
		b = binary.BigEndian.AppendUint16(b, m)
	}
	return b
}

// registry numbers the messages of one receiver.
type registry struct {
	ids      map[string]uint16
	messages []*message
}

func (r *registry) of(m *message) uint16 {
	key := m.key()
	id, ok := r.ids[key]
	if !ok {
		if len(r.messages) == maxMessages {
			panic("too many messages")
		}
		id = uint16(len(r.messages))
		r.ids[key] = id
		r.messages = append(r.messages, m)
	}
	return id
}

func (w *world) internBox(b int, messages []uint16) uint32 {
	return w.boxes[b].Intern(boxKey(messages), func() *box {
		it := &box{messages: messages, adds: map[uint16]uint32{}, facts: w.boxFacts(b, messages)}
		for _, m := range messages {
			it.has[m/64] |= 1 << (m % 64)
		}
		return it
	})
}

// put is box number id of receiver b with one more message.
func (w *world) put(b int, id uint32, m uint16) uint32 {
	it := w.boxes[b].Items[id]
	if it.has[m/64]>>(m%64)&1 == 1 {
		return id
	}
	if to, ok := it.adds[m]; ok {
		return to
	}
	at, _ := slices.BinarySearch(it.messages, m)
	to := w.internBox(b, slices.Insert(slices.Clip(it.messages), at, m))
	it.adds[m] = to
	return to
}

func (w *world) take(id uint32, m uint16) uint32 {
	it := w.boxes[0].Items[id]
	return w.internBox(0, slices.DeleteFunc(slices.Clone(it.messages), func(x uint16) bool { return x == m }))
}

// logDo is log number id after a write or purge was put on its way.
func (w *world) logDo(id uint32, op uint16) uint32 {
	it := w.logs.Items[id]
	if to, ok := it.ops[op]; ok {
		return to
	}
	l := it.l.clone()
	if o := w.ops[op]; o.write != nil {
		l.publish(*o.write)
	} else {
		l.purge(*o.purge)
	}
	to := w.internLog(l)
	it.ops[op] = to
	return to
}

func (w *world) op(key string, o logOp) uint16 {
	id, ok := w.opIDs[key]
	if !ok {
		id = uint16(len(w.ops))
		w.opIDs[key] = id
		w.ops = append(w.ops, o)
	}
	return id
}
