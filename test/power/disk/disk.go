package disk

import (
	"sync"
	"syscall"
)

// Disk is files and directories. It is safe for concurrent use.
type Disk struct {
	mu   sync.Mutex
	root *Inode
	last uint64 // the highest inode number
	cut  bool
	// failed is closed when calls that wait since the cut may end.
	failed chan struct{}
	once   sync.Once // closes failed
	stats  Stats
}

// Stats is what a disk did in its life.
type Stats struct {
	Writes, Syncs int
	// Lost is what a loss of power took: files with data that was never synced,
	// bytes of it that were not kept, and changes of names.
	LostFiles, LostBytes, LostNames int
}

// New makes an empty disk.
func New() *Disk {
	d := &Disk{failed: make(chan struct{})}
	d.root = d.inode(syscall.S_IFDIR | 0o755)
	return d
}

// Root is the directory above all.
func (d *Disk) Root() *Inode { return d.root }

// Stats is what the disk did so far.
func (d *Disk) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

// Cut is the loss of power. Nothing changes after it: calls that would change or
// sync something wait for [Disk.Fail].
func (d *Disk) Cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut = true
}

// Fail ends the calls that wait since the cut, and all later ones, with EIO. It is
// called when those who called are dead or about to be.
func (d *Disk) Fail() { d.once.Do(func() { close(d.failed) }) }

// change runs f, which changes something, unless the power is off.
func (d *Disk) change(f func() syscall.Errno) syscall.Errno {
	d.mu.Lock()
	if !d.cut {
		defer d.mu.Unlock()
		return f()
	}
	d.mu.Unlock()
	<-d.failed
	return syscall.EIO
}

// look runs f, which reads something.
func (d *Disk) look(f func() syscall.Errno) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	return f()
}

// SyncAll syncs everything, as the command `sync` does.
func (d *Disk) SyncAll() syscall.Errno {
	return d.change(func() syscall.Errno {
		for _, n := range d.inodes() {
			if n.isDir() {
				n.syncNames()
			} else {
				n.syncData()
			}
		}
		return 0
	})
}
