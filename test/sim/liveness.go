package sim

import "fmt"

// checkLive looks for a state from which no finished one can be reached without
// a fault: backwards from the finished ones along the stored edges.
func (x *explorer) checkLive() {
	n := x.seen.Len()
	x.from = append(x.from, uint64(len(x.to)))
	// The edges by where they lead.
	begin := make([]uint64, n+1)
	for _, to := range x.to {
		begin[to+1]++
	}
	for i := range n {
		begin[i+1] += begin[i]
	}
	back := make([]uint32, len(x.to))
	fill := make([]uint64, n)
	copy(fill, begin)
	for i := range n {
		for _, to := range x.to[x.from[i]:x.from[i+1]] {
			back[fill[to]] = uint32(i)
			fill[to]++
		}
	}
	live := make([]bool, n)
	var queue []uint32
	for i := range n {
		if x.world.finished(x.seen.At(uint32(i))) {
			live[i] = true
			queue = append(queue, uint32(i))
		}
	}
	x.result.Finished = len(queue)
	for len(queue) > 0 {
		i := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, from := range back[begin[i]:begin[i+1]] {
			if !live[from] {
				live[from] = true
				queue = append(queue, from)
			}
		}
	}
	for i := range n {
		if !live[i] {
			x.fail(I3, fmt.Sprintf("from here nothing without a fault leads to an end: %s", x.unfinished(uint32(i))), uint32(i), nil)
			return
		}
	}
}

// unfinished says what is not resolved in a state.
func (x *explorer) unfinished(i uint32) string {
	w, s := x.world, x.seen.At(i)
	text := ""
	for i, name := range w.cfg.Participants {
		for id, b := range w.participants.Items[s[w.atParts+i]].p.durable.rows {
			text += fmt.Sprintf("%s %s at %s; ", id, b.State, name)
		}
	}
	return text
}
