package machine

import (
	"encoding/binary"
	"slices"
)

// Clone is an independent copy without pending actions, for exploration.
func (r *Room) Clone() *Room {
	c := *r
	c.out = nil
	c.ring.messages = slices.Clone(r.ring.messages)
	c.ahead = slices.Clone(r.ahead)
	c.waiting = nil
	for _, w := range r.waiting {
		n := *w
		n.got = slices.Clone(w.got)
		c.waiting = append(c.waiting, &n)
	}
	return &c
}

// AppendKey appends to b what is equal for two rooms, of one epoch and with the
// same limits, exactly when they behave alike from here on, for exploration.
func (r *Room) AppendKey(b []byte) []byte {
	k := key(b)
	k.flags(r.open, r.lost, r.filling, r.reminded, r.ring.whole)
	k.nums(r.last, r.goal, uint64(r.tries), uint64(r.filled), r.acked, r.ring.floor, uint64(r.ring.bytes))
	k.messages(r.ring.messages)
	k.messages(r.ahead)
	k.nums(uint64(len(r.waiting)))
	for _, w := range r.waiting {
		k.flags(w.resume, w.reading, w.has)
		k.nums(uint64(w.who), w.since, w.end, uint64(w.tries))
		k.messages(w.got)
	}
	return k
}

type key []byte

func (k *key) nums(ns ...uint64) {
	for _, n := range ns {
		*k = binary.AppendUvarint(*k, n)
	}
}

func (k *key) flags(fs ...bool) {
	for _, f := range fs {
		if f {
			*k = append(*k, 1)
		} else {
			*k = append(*k, 0)
		}
	}
}

func (k *key) messages(ms []Message) {
	k.nums(uint64(len(ms)))
	for _, m := range ms {
		k.nums(m.Seq, m.Prev)
	}
}
