package machine

// Tail takes the number of the room's last message, as far as one replica
// knows; 0 if it has none.
func (r *Room) Tail(seq uint64) {
	if r.lost {
		return
	}
	r.goal = max(r.goal, seq)
	r.settle()
}

// Acked reports that a message that this process published was stored with this
// number. It is about to arrive; if it does not, nothing else will show that.
func (r *Room) Acked(seq uint64) {
	if r.lost || r.open && seq <= r.last {
		return
	}
	r.acked = max(r.acked, seq)
	if !r.reminded {
		r.reminded = true
		r.do(Remind{})
	}
}

// Due is the moment after an acknowledgement, see [Remind].
func (r *Room) Due() {
	if r.lost {
		return
	}
	r.reminded = false
	r.goal = max(r.goal, r.acked)
	r.settle()
}

// Reconnected reports that messages may have been missed.
func (r *Room) Reconnected() {
	if !r.lost {
		r.do(ReadTail{})
	}
}
