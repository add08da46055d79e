package idsim

import (
	"encoding/binary"
	"slices"

	"parley/idworker/lease"
	"parley/wire/idwire"
)

// register is one worker number at the abstract broker: its records, the writes
// that are still on their way, and which IDs were made of it.
type register struct {
	number int
	// rows are what was ever stored, oldest first. Reads may find any of them.
	rows []row
	// flying are writes that were published. Each may be applied at any later
	// time at which its condition holds, or never.
	flying []write
	// taken are the counters that processes have taken, ascending.
	taken []span
}

// row is a stored record and the incarnation of the stream that holds it.
type row struct {
	lease.Row
	incarnation uint8
}

// write is a conditional publish: it succeeds if expect is the last sequence of
// the number's subject.
type write struct {
	expect uint64
	record idwire.Lease
	// waiter is the process that waits for the answer to this very publish, -1
	// if nobody does.
	waiter int8
}

// span is a run of counters [from, to) that a process took, which had started
// in this incarnation of the stream.
type span struct {
	from, to    int64
	incarnation uint8
}

// newest is the record that stands last, nil if there is none.
func (r *register) newest(incarnation uint8) *row {
	if n := len(r.rows); n > 0 && r.rows[n-1].incarnation == incarnation {
		return &r.rows[n-1]
	}
	return nil
}

// again is how far the sequences of a recreated stream are from those of
// the one before: it begins at a random one, so that no write that was meant for
// the old one fits.
const again = 100

// last is the sequence of the newest record, 0 if there is none.
func (r *register) last(incarnation uint8) uint64 {
	if row := r.newest(incarnation); row != nil {
		return row.Seq
	}
	return 0
}

// accepts is the condition of a publish.
func (r *register) accepts(w write, incarnation uint8) bool { return w.expect == r.last(incarnation) }

// publish puts a write on its way. A copy of one that nobody waits for adds
// nothing: if both are applied, the second fails.
func (r *register) publish(w write) {
	r.flying = slices.DeleteFunc(slices.Clone(r.flying), func(o write) bool {
		return o.waiter < 0 && o.expect == w.expect && o.record.Nonce == w.record.Nonce
	})
	r.flying = append(r.flying, w)
	slices.SortFunc(r.flying, compareWrites)
}

// forsake: the process does not wait any more, whatever becomes of its write.
func (r *register) forsake(waiter int8) {
	r.flying = slices.Clone(r.flying)
	for i := range r.flying {
		if r.flying[i].waiter == waiter {
			r.flying[i].waiter = -1
		}
	}
	slices.SortFunc(r.flying, compareWrites)
	r.flying = slices.CompactFunc(r.flying, func(a, b write) bool { return compareWrites(a, b) == 0 })
}

func compareWrites(a, b write) int {
	switch {
	case a.record.Nonce < b.record.Nonce:
		return -1
	case a.record.Nonce > b.record.Nonce:
		return 1
	case a.expect != b.expect:
		return int(int64(a.expect) - int64(b.expect))
	default:
		return int(a.waiter) - int(b.waiter)
	}
}

// tidy forgets what can make no difference any more: writes that nobody waits
// for and that can never be applied, and records too old to be read.
func (r *register) tidy(g *globals) {
	if g.left.Cuts == 0 && g.left.Lost == 0 {
		last := r.last(g.incarnation)
		r.flying = slices.DeleteFunc(slices.Clone(r.flying), func(w write) bool { return w.waiter < 0 && w.expect < last })
	}
	keep := 1
	if g.left.Stale > 0 {
		keep = 2
	}
	if g.left.Cuts > 0 {
		keep = 3
	}
	if n := len(r.rows); n > keep {
		r.rows = r.rows[n-keep:]
	}
}

// take notes that a block of counters was taken, and returns one that was taken
// before, if any.
func (r *register) take(s span) (before span, twice bool) {
	at, _ := slices.BinarySearchFunc(r.taken, s, func(a, b span) int { return int(a.from - b.from) })
	for _, o := range r.taken {
		if o.from < s.to && s.from < o.to && o.incarnation == s.incarnation {
			return o, true
		}
	}
	r.taken = slices.Insert(slices.Clone(r.taken), at, s)
	for i := len(r.taken) - 1; i > 0; i-- {
		if a, b := r.taken[i-1], r.taken[i]; a.to == b.from && a.incarnation == b.incarnation {
			r.taken[i-1].to = b.to
			r.taken = slices.Delete(r.taken, i, i+1)
		}
	}
	return span{}, false
}

func (r *register) appendKey(b []byte) []byte {
	b = append(b, byte(r.number), byte(len(r.rows)))
	for _, row := range r.rows {
		b = binary.AppendUvarint(b, row.Seq)
		b = appendRecord(append(b, row.incarnation), row.Record)
	}
	b = binary.AppendUvarint(b, uint64(len(r.flying)))
	for _, w := range r.flying {
		b = binary.AppendUvarint(b, w.expect)
		b = appendRecord(append(b, byte(w.waiter)), w.record)
	}
	for _, s := range r.taken {
		b = binary.AppendUvarint(b, uint64(s.from))
		b = binary.AppendUvarint(b, uint64(s.to))
		b = append(b, s.incarnation)
	}
	return b
}

func appendRecord(b []byte, r idwire.Lease) []byte {
	b = append(b, byte(len(r.State))) // which differs
	b = binary.AppendUvarint(b, uint64(r.Until))
	b = append(b, r.Holder...)
	b = append(b, '/')
	b = append(b, r.Nonce...)
	return append(b, '/')
}
