package sim

import (
	"math/bits"

	"parley/wire/txwire"
)

// txSet is a set of transactions by their number in a txIndex.
type txSet [maxTxs / 64]uint64

// maxTxs bounds the transactions of one world.
const maxTxs = 256

func (s *txSet) add(i int) { s[i/64] |= 1 << (i % 64) }

func (s *txSet) has(i int) bool { return s[i/64]>>(i%64)&1 == 1 }

func (s *txSet) union(o txSet) {
	for i := range s {
		s[i] |= o[i]
	}
}

// and is what is in both.
func (s txSet) and(o txSet) txSet {
	for i := range s {
		s[i] &= o[i]
	}
	return s
}

// minus is what is in s only.
func (s txSet) minus(o txSet) txSet {
	for i := range s {
		s[i] &^= o[i]
	}
	return s
}

func (s txSet) empty() bool { return s == txSet{} }

// first is the smallest number in s.
func (s txSet) first() int {
	for i, w := range s {
		if w != 0 {
			return i*64 + bits.TrailingZeros64(w)
		}
	}
	return -1
}

// txIndex numbers transactions.
type txIndex struct {
	numbers map[txwire.ID]int
	ids     []txwire.ID
}

func (x *txIndex) of(id txwire.ID) int {
	n, ok := x.numbers[id]
	if !ok {
		if len(x.ids) == maxTxs {
			panic("more transactions than maxTxs")
		}
		n = len(x.ids)
		x.numbers[id] = n
		x.ids = append(x.ids, id)
	}
	return n
}
