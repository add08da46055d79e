package sim

import "slices"

// states is every state of a world that was reached, each a fixed number of
// numbers, in the order in which they were found: breadth first. They are kept
// whole, not as hashes, so that none is mistaken for another.
type states struct {
	size    int
	words   []uint32
	parents []uint32
	// slots is an open hash table of state numbers plus one.
	slots []uint32
}

func newStates(size int) *states { return &states{size: size, slots: make([]uint32, 1<<16)} }

func (t *states) len() int { return len(t.parents) }

func (t *states) at(i uint32) []uint32 {
	from := int(i) * t.size
	return t.words[from : from+t.size : from+t.size]
}

// add returns the number of a state, and whether it is new.
func (t *states) add(s []uint32, parent uint32) (uint32, bool) {
	mask := uint64(len(t.slots) - 1)
	h := hash(s) & mask
	for ; t.slots[h] != 0; h = (h + 1) & mask {
		if i := t.slots[h] - 1; slices.Equal(t.at(i), s) {
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

func (t *states) grow() {
	t.slots = make([]uint32, 2*len(t.slots))
	mask := uint64(len(t.slots) - 1)
	for i := range uint32(len(t.parents)) {
		h := hash(t.at(i)) & mask
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
