package machine

import (
	"cmp"
	"slices"
)

// ring is the newest messages of a room, without a hole, up to the last. It
// grows to twice its bound before the older half is dropped, so that dropping
// costs nothing for most messages.
type ring struct {
	messages []Message
	bytes    int
	// floor is the number of the message before the first, 0 if it is not
	// known; whole: there was none.
	floor uint64
	whole bool
}

func (g *ring) add(m Message, l Limits) {
	if len(g.messages) == 0 {
		g.floor = m.Prev
	}
	g.messages = append(g.messages, m)
	g.bytes += m.Size
	if len(g.messages) >= 2*l.Ring || g.bytes >= 2*l.RingBytes {
		g.trim(l)
	}
}

// trim drops the oldest, and keeps at least the last.
func (g *ring) trim(l Limits) {
	n, bytes := 0, g.bytes
	for len(g.messages)-n > 1 && (len(g.messages)-n > l.Ring || bytes > l.RingBytes) {
		bytes -= g.messages[n].Size
		n++
	}
	if n == 0 {
		return
	}
	g.floor, g.whole, g.bytes = g.messages[n-1].Seq, false, bytes
	g.messages = slices.Clone(g.messages[n:])
}

// after are the messages behind the one with a number, if it is known that none
// is missing: that one must be here, or be the one before the first. A number
// that is no message of this room has no place.
func (g *ring) after(seq uint64) ([]Message, bool) {
	if seq == 0 {
		return nil, false
	}
	if seq == g.floor {
		return slices.Clone(g.messages), true
	}
	i, found := g.at(seq)
	if !found {
		return nil, false
	}
	return slices.Clone(g.messages[i+1:]), true
}

// before are the n messages before a number, if they are all here. more: there
// are older ones.
func (g *ring) before(seq uint64, n int) (page []Message, more, ok bool) {
	i, _ := g.at(seq)
	if i < n && !g.whole {
		return nil, false, false
	}
	from := max(0, i-n)
	return slices.Clone(g.messages[from:i]), from > 0 || !g.whole, true
}

func (g *ring) at(seq uint64) (i int, found bool) {
	return slices.BinarySearchFunc(g.messages, seq, func(m Message, seq uint64) int { return cmp.Compare(m.Seq, seq) })
}

// newest are the last n messages. more: there are older ones.
func (g *ring) newest(n int) (page []Message, more bool) {
	from := max(0, len(g.messages)-n)
	return slices.Clone(g.messages[from:]), from > 0 || !g.whole
}
