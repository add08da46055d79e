package machine

// Base is what an answer showed of the message it was asked to begin at.
type Base int

const (
	// Unknown: the answer is empty. The replica is behind, or all is gone.
	Unknown Base = iota
	// Found: the message is in the answer, so nothing is missing behind it.
	Found
	// Gone: the answer begins later, so the message is gone, and with it
	// perhaps others behind it.
	Gone
)

// At number 0 there is no message. An answer that begins there is [Found] if
// nothing was ever removed from the stream, and [Gone] if something was.

// Filled takes the answer to [Fill]: the messages after From, oldest first,
// without a hole, as far as one replica has them.
func (r *Room) Filled(base Base, messages []Message) {
	if r.lost || !r.filling {
		return
	}
	r.filling = false
	before := r.last
	for _, m := range messages {
		if m.Seq == r.last {
			// Live messages closed part of the gap meanwhile: this one is
			// where the answer goes on.
			base = Found
		}
		if m.Seq <= r.last {
			continue
		}
		if base != Found {
			if r.Gap() {
				r.lose("what stands in the gap may be gone from the stream")
			}
			break
		}
		m.Prev = r.last
		r.deliver(m)
		r.filled++
	}
	if r.lost {
		return
	}
	r.drain()
	r.countTry(r.last > before)
	r.settle()
}

// FillFailed reports that the stream could not be read.
func (r *Room) FillFailed() {
	if r.lost || !r.filling {
		return
	}
	r.filling = false
	// A broker that does not answer gives no information about the room: this
	// does not count as a try, but the next one must not follow immediately.
	r.tries = max(r.tries, 1)
	r.settle()
}

// countTry counts an answer.
func (r *Room) countTry(progress bool) {
	r.countFailedClaims()
	switch {
	case r.Gap() && r.filled > r.limits.Hole:
		r.lose("the gap is too large")
	case progress:
		r.tries = 0
	case r.Gap() && r.tries >= r.limits.Tries:
		r.lose("no replica has what is in the gap")
	default:
		r.tries++
	}
}
