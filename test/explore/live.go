package explore

// Stuck looks for a state from which no fault-free way leads to a finished one:
// backwards from the finished states, of which it returns how many there are.
func (x *Explorer[E]) Stuck(finished func(state []uint32) bool) (count int, stuck uint32, found bool) {
	n := x.Seen.Len()
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
	for i := range uint32(n) {
		if finished(x.Seen.At(i)) {
			live[i] = true
			queue = append(queue, i)
		}
	}
	count = len(queue)
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
	for i := range uint32(n) {
		if !live[i] {
			return count, i, true
		}
	}
	return count, 0, false
}
