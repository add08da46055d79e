package machine

import (
	"slices"
	"sort"

	"parley/wire/txwire"
)

// A log is shortened in three steps whose order matters: unfinished commits of old
// records are carried forward as ordinary commits of a new one; when that is
// stored, a later record raises base to the oldest record still needed; when that
// is stored, everything before base is purged. So a reader that finds a gap above
// the base that it read knows that its read was stale.

// Trim shortens the machine's own log if enough records can be purged, also without
// a commit to append. The driver calls it about every second.
func (m *Machine) Trim() {
	if m.own != nil {
		m.own.trim = true
		m.tryAppend()
	}
}

// base returns the sequence of the oldest record still needed.
func (l *ownLog) base() uint64 {
	l.shrink()
	return l.records[0].seq
}

// shrink drops the oldest records as long as no unfinished commit has its home in
// them. The last record is kept: the next append expects it.
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

// freed returns the distance of a base from the last purge. Sequences are those of
// the whole stream, so it is an upper bound for the number of records.
func (l *ownLog) freed(base uint64) int { return int(min(base-max(l.purged, l.openSeq), 1<<30)) }

// worthTrimming reports whether a record without new commits is to be appended.
func (l *ownLog) worthTrimming(f *flight, limits Limits) bool {
	return l.trim && (len(f.carry) > 0 || len(f.record.Settled) > 0 || f.record.Base > l.purged && l.freed(f.record.Base) >= limits.TrimAt)
}

// toCarry returns up to n transactions whose home is in the older half of the log,
// if it has grown too long, and whose events there is room for.
func (m *Machine) toCarry(n int, free *room) []txwire.ID {
	l := m.own
	if len(l.records) <= m.limits.CarryAt || n == 0 {
		return nil
	}
	before := l.records[len(l.records)/2].seq
	var ids []txwire.ID
	for _, t := range m.sorted() {
		if t.ID.Log == l.name && t.State == Committed && t.home < before && len(ids) < n && free.take(t) {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// sorted returns every transaction in the order of the IDs, so that the same
// events always produce the same actions.
func (m *Machine) sorted() []*Tx {
	all := make([]*Tx, 0, len(m.txs))
	for _, t := range m.txs {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *Tx) int { return a.ID.Compare(b.ID) })
	return all
}
