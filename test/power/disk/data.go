package disk

import (
	"slices"
	"syscall"
	"time"
)

// maxFile bounds a file, which is in memory, twice.
const maxFile = 1 << 30

// write is a change of a file's data that was not synced.
type write struct {
	offset int64
	data   []byte // nil: the file is cut or extended to the offset
}

// apply makes the change.
func (w write) apply(to []byte) []byte {
	if w.data == nil {
		return resize(to, w.offset)
	}
	if end := w.offset + int64(len(w.data)); end > int64(len(to)) {
		to = resize(to, end)
	}
	copy(to[w.offset:], w.data)
	return to
}

// resize cuts data, or fills it up with zeros.
func resize(data []byte, size int64) []byte {
	if size <= int64(len(data)) {
		return data[:size]
	}
	had := len(data)
	data = slices.Grow(data, int(size)-had)[:size]
	clear(data[had:]) // a file that was longer before has old bytes there
	return data
}

// Read reads from offset on, until data is full or the file ends.
func (n *Inode) Read(data []byte, offset int64) (read int) {
	n.Disk.look(func() syscall.Errno {
		if offset < int64(len(n.data)) {
			read = copy(data, n.data[offset:])
		}
		return 0
	})
	return read
}

// Write writes at offset. With sync it is synced when it returns.
func (n *Inode) Write(data []byte, offset int64, sync bool) syscall.Errno {
	return n.Disk.change(func() syscall.Errno {
		if len(data) == 0 {
			return 0
		}
		if offset > maxFile-int64(len(data)) {
			return syscall.EFBIG
		}
		n.note(write{offset, slices.Clone(data)})
		n.Disk.stats.Writes++
		if sync {
			n.Disk.stats.Syncs++
			n.syncData()
			n.settle()
		}
		return 0
	})
}

// Truncate makes a file as long as size.
func (n *Inode) Truncate(size int64) syscall.Errno {
	return n.Disk.change(func() syscall.Errno {
		if size < 0 || size > maxFile {
			return syscall.EFBIG
		}
		n.note(write{offset: size})
		return 0
	})
}

func (n *Inode) note(w write) {
	n.data = w.apply(n.data)
	n.unsynced = append(n.unsynced, w)
	n.times.Written = time.Now()
	n.times.Changed = n.times.Written
}

func (n *Inode) syncData() {
	for _, w := range n.unsynced {
		n.medium = w.apply(n.medium)
	}
	n.unsynced = nil
}
