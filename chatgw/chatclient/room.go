package chatclient

import "parley/chatgw/frame"

// room is how far a session has got in one room, and what it has to send to it.
// It is pure.
type room struct {
	name string
	// joinRef is the ref of the join that is to be answered, the last one; 0
	// when there is none. Answers to others are not for now.
	joinRef int64
	// joined: the gateway of this connection has answered the join.
	joined bool
	// refused is why this connection may not join it.
	refused string
	// begun: everything up to epoch and last was shown.
	begun bool
	epoch string
	last  uint64

	outbox outbox
}

// verdict is what a message means to somebody who has seen everything up to
// last.
type verdict int

const (
	// next: it follows.
	next verdict = iota
	// seen: it was shown before.
	seen
	// gap: something between is missing.
	gap
)

// take judges a live message and moves on if it follows. Prev 0 means that the
// messages before it are gone or unknown; then it follows whatever was last.
func (r *room) take(m *frame.Message) verdict {
	switch {
	case m.Seq <= r.last:
		return seen
	case m.Prev > r.last:
		return gap
	}
	r.last = m.Seq
	return next
}

// join is the request that continues where the room was left. Until it is
// answered live messages count for nothing: the answer has them.
func (r *room) join(ref int64) frame.Join {
	r.joinRef, r.joined, r.refused = ref, false, ""
	j := frame.Join{Ref: ref, Room: r.name}
	if r.begun {
		j.Epoch, j.Since = r.epoch, r.last
	}
	return j
}

// answer takes the answer to a join and reports whether its messages replace what
// was shown, instead of following it.
func (r *room) answer(j *frame.Joined) (reset bool) {
	reset = !r.begun || !j.Recovered
	r.joinRef, r.joined, r.begun, r.epoch, r.last = 0, true, true, j.Epoch, j.Last
	return reset
}

// disconnect forgets what was of one connection.
func (r *room) disconnect() {
	r.joinRef, r.joined, r.refused = 0, false, ""
	r.outbox.disconnect()
}
