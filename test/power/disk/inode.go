package disk

import (
	"maps"
	"slices"
	"syscall"
	"time"
)

// Inode is a file or a directory, whatever it is called.
type Inode struct {
	// Disk is where it is.
	Disk   *Disk
	number uint64
	mode   uint32
	times  Times

	// Of a file: its bytes as processes see them, those on the medium, and what
	// makes the second of the first.
	data, medium []byte
	unsynced     []write

	// Of a directory: what is in it, as processes see it and on the medium.
	names, namesOnMedium map[string]*Inode

	// places are its names, as processes see them and on the medium. The root has
	// none.
	places, placesOnMedium map[place]bool
}

// place is one name in one directory.
type place struct {
	dir  *Inode
	name string
}

// Times are when a file was read, written and changed.
type Times struct{ Read, Written, Changed time.Time }

// Attributes are what stat shows.
type Attributes struct {
	Number uint64
	Mode   uint32 // with the type
	Size   int64
	Links  int
	Times  Times
}

// inode makes one without a name. The lock is held, or nobody knows d yet.
func (d *Disk) inode(mode uint32) *Inode {
	d.last++
	now := time.Now()
	n := &Inode{Disk: d, number: d.last, mode: mode, times: Times{now, now, now}, places: map[place]bool{}, placesOnMedium: map[place]bool{}}
	if n.isDir() {
		n.names, n.namesOnMedium = map[string]*Inode{}, map[string]*Inode{}
	}
	return n
}

func (n *Inode) isDir() bool { return n.mode&syscall.S_IFMT == syscall.S_IFDIR }

// Stat returns what it is.
func (n *Inode) Stat() (a Attributes) {
	n.Disk.look(func() syscall.Errno {
		a = Attributes{n.number, n.mode, int64(len(n.data)), max(1, len(n.places)), n.times}
		return 0
	})
	return a
}

// Chmod changes the permissions.
func (n *Inode) Chmod(mode uint32) syscall.Errno {
	return n.Disk.change(func() syscall.Errno {
		n.mode = n.mode&syscall.S_IFMT | mode&^syscall.S_IFMT
		n.times.Changed = time.Now()
		return 0
	})
}

// SetTimes changes when it was read and written; a zero time stays as it is.
func (n *Inode) SetTimes(read, written time.Time) syscall.Errno {
	return n.Disk.change(func() syscall.Errno {
		if !read.IsZero() {
			n.times.Read = read
		}
		if !written.IsZero() {
			n.times.Written = written
		}
		n.times.Changed = time.Now()
		return 0
	})
}

// Sync carries over to the medium what the package comment describes.
func (n *Inode) Sync() syscall.Errno {
	return n.Disk.change(func() syscall.Errno {
		n.Disk.stats.Syncs++
		if n.isDir() {
			n.syncNames()
		} else {
			n.syncData()
		}
		n.settle()
		return 0
	})
}

// Entry is a name in a directory.
type Entry struct {
	Name  string
	Inode *Inode
}

// List is what is in a directory, by name.
func (n *Inode) List() (entries []Entry) {
	n.Disk.look(func() syscall.Errno {
		for _, name := range slices.Sorted(maps.Keys(n.names)) {
			entries = append(entries, Entry{name, n.names[name]})
		}
		return 0
	})
	return entries
}
