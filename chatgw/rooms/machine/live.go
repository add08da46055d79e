package machine

import (
	"cmp"
	"slices"
)

// Live takes a message that the stream re-sent.
func (r *Room) Live(m Message) {
	switch {
	case r.lost:
		return
	case r.open && m.Seq <= r.last:
		// It was delivered, or it was read while it was on its way.
		return
	case r.open && r.follows(m):
		r.deliver(m)
		r.drain()
	default:
		r.hold(m)
	}
	r.settle()
}

// follows reports whether nothing stood between the last message and m when m
// was stored. After a purge prev is 0: what was there was removed.
func (r *Room) follows(m Message) bool { return m.Prev <= r.last }

// hold keeps a message until what precedes it is known.
func (r *Room) hold(m Message) {
	r.goal = max(r.goal, m.Seq)
	i, found := slices.BinarySearchFunc(r.ahead, m.Seq, func(m Message, seq uint64) int { return cmp.Compare(m.Seq, seq) })
	if found {
		return
	}
	if r.ahead = slices.Insert(r.ahead, i, m); len(r.ahead) > r.limits.Ahead {
		r.ahead = r.ahead[:r.limits.Ahead]
	}
}

// drain delivers what was kept and now follows.
func (r *Room) drain() {
	n := 0
	for _, m := range r.ahead {
		if m.Seq > r.last {
			if !r.follows(m) {
				break
			}
			r.deliver(m)
		}
		n++
	}
	r.ahead = slices.Delete(r.ahead, 0, n)
}
