package disk

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
)

// Loss is what a loss of power leaves of what was never synced.
type Loss func(*loss)

// loss is the disk while it is being decided.
type loss struct{ all []*Inode }

// Drop leaves nothing that was not synced.
func Drop() Loss { return func(*loss) {} }

// Torn leaves some of what was not synced, by chance.
func Torn(rng *rand.Rand) Loss {
	return func(l *loss) {
		for _, n := range l.all {
			if n.isDir() {
				if rng.IntN(2) == 0 {
					n.syncNames()
				}
				continue
			}
			kept := n.unsynced[:0:0]
			for _, w := range n.unsynced {
				kept = append(kept, w.torn(rng)...)
			}
			for _, w := range kept {
				n.medium = w.apply(n.medium)
			}
		}
	}
}

const sector = 512

// torn is what reached the medium of a write: all, nothing, or some sectors.
func (w write) torn(rng *rand.Rand) (kept []write) {
	switch rng.IntN(3) {
	case 0:
		return nil
	case 1:
		return []write{w}
	}
	if w.data == nil { // a file's length changes or does not
		return nil
	}
	for at := w.offset; at < w.offset+int64(len(w.data)); {
		end := min((at/sector+1)*sector, w.offset+int64(len(w.data)))
		if rng.IntN(2) == 0 {
			kept = append(kept, write{at, w.data[at-w.offset : end-w.offset]})
		}
		at = end
	}
	return kept
}

// After is the disk in its next life, when the power is back: what was on the
// medium, and what the loss left besides. The disk itself must have failed, and is
// of no use any more.
func (d *Disk) After(left Loss) *Disk {
	<-d.failed
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.inodes()
	left(&loss{all})

	next := New()
	made := map[*Inode]*Inode{d.root: next.root}
	var copyOf func(n *Inode) *Inode
	copyOf = func(n *Inode) *Inode {
		to := made[n]
		if to == nil {
			to = next.inode(n.mode)
			made[n] = to
		}
		to.mode, to.times = n.mode, n.times
		to.data, to.medium = slices.Clone(n.medium), slices.Clone(n.medium)
		for _, name := range slices.Sorted(maps.Keys(n.namesOnMedium)) {
			to.set(name, copyOf(n.namesOnMedium[name]))
			place{to, name}.carry()
		}
		return to
	}
	copyOf(d.root)
	for _, n := range all {
		next.stats.LostNames += len(n.changedNames())
		if len(n.places) > 0 && !slices.Equal(n.data, n.medium) {
			next.stats.LostFiles++
			next.stats.LostBytes += differ(n.data, n.medium)
		}
	}
	return next
}

// inodes are all that processes or the medium have a name for, in the order in
// which they were made.
func (d *Disk) inodes() []*Inode {
	seen := map[*Inode]bool{}
	var walk func(*Inode)
	walk = func(n *Inode) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, m := range n.names {
			walk(m)
		}
		for _, m := range n.namesOnMedium {
			walk(m)
		}
	}
	walk(d.root)
	return slices.SortedFunc(maps.Keys(seen), func(a, b *Inode) int { return cmp.Compare(a.number, b.number) })
}

// differ is how many bytes of a are not in b at their place.
func differ(a, b []byte) (n int) {
	for i, c := range a {
		if i >= len(b) || b[i] != c {
			n++
		}
	}
	return n
}
