package machine

import (
	"slices"
	"sort"

	"parley/wire/txwire"
)

// A log shrinks in three steps that must stay in this order: commits that are
// unfinished in old records are carried forward as ordinary commits of a new
// one; when that is stored, a later record raises base to the oldest one still
// needed; when that is stored, everything before base is purged. So a reader
// that meets a hole above the base it read knows that its read was stale.

// Trim asks for the own log to be shrunk when it is worth it, also without a
// commit to write. Call it every second or so.
func (m *Machine) Trim() {
	if m.own != nil {
		m.own.trim = true
		m.tryAppend()
	}
}

// base is the oldest record still needed.
func (l *ownLog) base() uint64 {
	l.shrink()
	return l.records[0].seq
}

// shrink forgets records in front that nothing unfinished has its home in. The
// last one stays: the next append expects it.
func (l *ownLog) shrink() {
	n := 0
	for n < len(l.records)-1 && l.records[n].left == 0 {
		n++
	}
	l.records = slices.Delete(l.records, 0, n)
}

func (l *ownLog) release(home uint64) {
	i := sort.Search(len(l.records), func(i int) bool { return l.records[i].seq >= home })
	if i < len(l.records) && l.records[i].seq == home {
		l.records[i].left--
	}
}

// freed is how far a base lies above what was purged. Sequences are those of
// the whole stream, so it is an upper bound for the records between.
func (l *ownLog) freed(base uint64) int { return int(min(base-max(l.purged, l.openSeq), 1<<30)) }

// worthTrimming reports whether a record without commits is worth writing.
func (l *ownLog) worthTrimming(f *flight, limits Limits) bool {
	return l.trim && (len(f.carry) > 0 || f.record.Base > l.purged && l.freed(f.record.Base) >= limits.TrimAt)
}

// toCarry is up to n transactions whose home is in the older half of the log,
// when it has grown too long.
func (m *Machine) toCarry(n int) []txwire.ID {
	l := m.own
	if len(l.records) <= m.limits.CarryAt || n == 0 {
		return nil
	}
	before := l.records[len(l.records)/2].seq
	var ids []txwire.ID
	for _, t := range m.sorted() {
		if t.ID.Log == l.name && t.State == Committed && t.home < before && len(ids) < n {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// sorted is every transaction in the order of their ids, so that the same
// events always give the same actions.
func (m *Machine) sorted() []*Tx {
	all := make([]*Tx, 0, len(m.txs))
	for _, t := range m.txs {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *Tx) int { return a.ID.Compare(b.ID) })
	return all
}
