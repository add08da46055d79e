package sim

// A state of the world is brought to a normal form before it is looked up, in
// two ways that lose no behaviour. A configuration that is Exact does without,
// to check just that.
//
// Sent immediately: a step that changes nothing but sends messages (a repeated
// vote, an answer to a question) happens as soon as it can. Since a message may
// be delivered at any time or never, having been sent early allows everything
// that being sent late does, and every such state is one that can be reached.
//
// Taken away: a message that can do nothing any more, now or later, is removed
// from its box; past.go explains which and why.
func (w *world) normalize(s []uint32) {
	for w.settle(s) || w.sendAtOnce(s) {
	}
	w.takeAway(s)
}

func (w *world) sendAtOnce(s []uint32) (changed bool) {
	put := func(posts []post) {
		for _, p := range posts {
			at := w.atBoxes + int(p.box)
			if to := w.put(int(p.box), s[at], p.message); to != s[at] {
				s[at] = to
				changed = true
			}
		}
	}
	for i := range w.cfg.Coordinators {
		it := w.coordinators.Items[s[i]]
		box := s[w.atBoxes]
		posts, ok := it.pure[box]
		if !ok {
			for _, m := range w.boxes[0].Items[box].messages {
				posts = appendPure(posts, w.coordinatorSteps(s[i], it, m))
			}
			it.pure[box] = posts
		}
		put(posts)
	}
	for i := range w.cfg.Participants {
		it := w.participants.Items[s[w.atParts+i]]
		box := s[w.atBoxes+1+i]
		posts, ok := it.pure[box]
		if !ok {
			for _, m := range w.boxes[1+i].Items[box].messages {
				posts = appendPure(posts, w.participantSteps(s[w.atParts+i], it, i, m))
			}
			it.pure[box] = posts
		}
		put(posts)
	}
	return changed
}

func appendPure(posts []post, steps []step) []post {
	for i := range steps {
		st := &steps[i]
		if !st.changes && len(st.ops) == 0 && st.publishes.empty() && st.takes < 0 && st.gate < 0 && !st.fault && st.fx.broken == "" {
			posts = append(posts, st.sends...)
		}
	}
	return posts
}
