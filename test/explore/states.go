package explore

import "slices"

// States is every state of a world that was reached, each a fixed number of
// numbers, in the order in which they were found: breadth first. They are kept
// whole, not as hashes, so that none is mistaken for another.
type States struct {
	size    int
	words   []uint32
	parents []uint32
	// slots is an open hash table of state numbers plus one.
	slots []uint32
}

// NewStates makes a set of states of that many numbers each.
func NewStates(size int) *States { return &States{size: size, slots: make([]uint32, 1<<16)} }

// Len is how many states there are.
func (t *States) Len() int { return len(t.parents) }

// At is state i. It is only valid until the next Add.
func (t *States) At(i uint32) []uint32 {
	from := int(i) * t.size
	return t.words[from : from+t.size : from+t.size]
}

// Add returns the number of a state, and whether it is new; then parent is
// where it was reached from.
func (t *States) Add(s []uint32, parent uint32) (uint32, bool) {
	mask := uint64(len(t.slots) - 1)
	h := hash(s) & mask
	for ; t.slots[h] != 0; h = (h + 1) & mask {
		if i := t.slots[h] - 1; slices.Equal(t.At(i), s) {
			return i, false
		}
	}
	i := uint32(len(t.parents))
	t.slots[h] = i + 1
	t.words = append(t.words, s...)
	t.parents = append(t.parents, parent)
	if 3*len(t.parents) > 2*len(t.slots) {
		t.grow()
	}
	return i, true
}

// Path is the shortest way from the first state to state i, both included.
func (t *States) Path(i uint32) []uint32 {
	path := []uint32{i}
	for i != 0 {
		i = t.parents[i]
		path = append(path, i)
	}
	slices.Reverse(path)
	return path
}

func (t *States) grow() {
	t.slots = make([]uint32, 2*len(t.slots))
	mask := uint64(len(t.slots) - 1)
	for i := range uint32(len(t.parents)) {
		h := hash(t.At(i)) & mask
		for t.slots[h] != 0 {
			h = (h + 1) & mask
		}
		t.slots[h] = i + 1
	}
}

func hash(s []uint32) uint64 {
	h := uint64(len(s))
	for _, w := range s {
		h = (h ^ uint64(w)) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return h
}
