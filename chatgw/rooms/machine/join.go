package machine

import "slices"

// waiter is somebody who joins.
type waiter struct {
	who    Who
	since  uint64
	resume bool
	// reading: what was missed is being read. got is what was read, without a
	// hole, up to the number end; only if has.
	reading bool
	has     bool
	end     uint64
	got     []Message
	tries   int
}

// Join requests a room's messages: with the room's epoch those after since,
// with any other the newest page. The answer is [Admit] or [Lost].
func (r *Room) Join(who Who, epoch string, since uint64) {
	if r.lost {
		r.do(Lost{Why: "the room is lost", Waiting: []Who{who}})
		return
	}
	r.waiting = append(r.waiting, &waiter{who: who, since: since, resume: epoch == r.epoch})
	r.settle()
}

// Leave takes back a [Room.Join] that was not answered.
func (r *Room) Leave(who Who) {
	r.waiting = slices.DeleteFunc(r.waiting, func(w *waiter) bool { return w.who == who })
}

// admit answers who waits. It is called when there is no gap.
func (r *Room) admit() {
	r.waiting = slices.DeleteFunc(r.waiting, r.answer)
}

// answer reports whether somebody who waits got what it requested.
func (r *Room) answer(w *waiter) bool {
	switch {
	case !w.resume:
		r.admitWithPage(w)
		return true
	case w.reading:
		return false
	case w.since > r.last:
		// It knows more than this room, or claims to: read on, see claimed.
		return false
	case w.has:
		return r.bridge(w)
	}
	if missed, ok := r.ring.after(w.since); ok {
		r.admitRecovered(w, missed)
		return true
	}
	w.reading = true
	r.do(Recover{Who: w.who, Since: w.since, Again: w.tries > 0})
	return false
}

// bridge puts what was read together with what was delivered meanwhile.
func (r *Room) bridge(w *waiter) bool {
	// What the room has not delivered yet it will deliver.
	got := slices.DeleteFunc(w.got, func(m Message) bool { return m.Seq > r.last })
	if w.end < r.last {
		more, ok := r.ring.after(w.end)
		if !ok {
			return r.readAgain(w)
		}
		got = append(got, more...)
	}
	r.admitRecovered(w, got)
	return true
}

// readAgain reads what was missed once more, some times.
func (r *Room) readAgain(w *waiter) bool {
	w.has, w.got = false, nil
	if w.tries++; w.tries > r.limits.ClaimTries {
		r.admitWithPage(w)
		return true
	}
	w.reading = true
	r.do(Recover{Who: w.who, Since: w.since, Again: true})
	return false
}

// Recovered takes the answer to [Recover]: the messages after Since, oldest
// first, without a hole. over: there are more than a returning member is given.
func (r *Room) Recovered(who Who, base Base, messages []Message, over bool) {
	i := slices.IndexFunc(r.waiting, func(w *waiter) bool { return w.who == who && w.reading })
	if r.lost || i < 0 {
		return
	}
	w := r.waiting[i]
	w.reading = false
	switch {
	case over || base == Gone:
		// Never a part of what was missed.
		w.resume = false
	case base == Unknown:
		if r.readAgain(w) {
			r.waiting = slices.Delete(r.waiting, i, i+1)
		}
	default:
		w.has, w.got, w.end = true, messages, w.since
		for i := range messages {
			messages[i].Prev = w.end
			w.end = messages[i].Seq
		}
	}
	r.settle()
}

// RecoverFailed reports that the stream could not be read.
func (r *Room) RecoverFailed(who Who) {
	i := slices.IndexFunc(r.waiting, func(w *waiter) bool { return w.who == who && w.reading })
	if r.lost || i < 0 {
		return
	}
	r.do(Recover{Who: who, Since: r.waiting[i].since, Again: true})
}

// claimed is the highest number that somebody who waits claims to know. It may be
// made up, so it is read for, and never waited for by others.
func (r *Room) claimed() (seq uint64) {
	for _, w := range r.waiting {
		if w.resume {
			seq = max(seq, w.since)
		}
	}
	return seq
}

// countFailedClaims counts an answer that did not bring what a member claims to know.
func (r *Room) countFailedClaims() {
	for _, w := range r.waiting {
		if w.resume && w.since > r.last {
			if w.tries++; w.tries > r.limits.ClaimTries {
				w.resume = false
			}
		}
	}
}

// admitRecovered gives what was missed.
func (r *Room) admitRecovered(w *waiter, missed []Message) {
	if len(missed) > r.limits.Missed {
		r.admitWithPage(w)
		return
	}
	r.do(Admit{Who: w.who, Last: r.last, Recovered: true, Messages: missed})
}

// admitWithPage gives the newest page.
func (r *Room) admitWithPage(w *waiter) {
	page, more := r.ring.newest(r.limits.Page)
	r.do(Admit{Who: w.who, Last: r.last, Messages: page, More: more})
}
