package disk

import (
	"maps"
	"syscall"
	"time"
)

// Lookup finds what has a name in a directory.
func (n *Inode) Lookup(name string) (found *Inode, errno syscall.Errno) {
	errno = n.Disk.look(func() syscall.Errno {
		if found = n.names[name]; found == nil {
			return syscall.ENOENT
		}
		return 0
	})
	return found, errno
}

// Create makes a file or, by its mode, a directory.
func (n *Inode) Create(name string, mode uint32) (made *Inode, errno syscall.Errno) {
	errno = n.Disk.change(func() syscall.Errno {
		if n.names[name] != nil {
			return syscall.EEXIST
		}
		made = n.Disk.inode(mode)
		n.set(name, made)
		return 0
	})
	return made, errno
}

// Link gives a file one more name, here.
func (n *Inode) Link(name string, file *Inode) syscall.Errno {
	return n.Disk.change(func() syscall.Errno {
		if n.names[name] != nil {
			return syscall.EEXIST
		}
		n.set(name, file)
		return 0
	})
}

// Remove takes away the name of a file, or of a directory that is empty.
func (n *Inode) Remove(name string, dir bool) syscall.Errno {
	return n.Disk.change(func() syscall.Errno {
		found := n.names[name]
		switch {
		case found == nil:
			return syscall.ENOENT
		case found.isDir() && !dir:
			return syscall.EISDIR
		case !found.isDir() && dir:
			return syscall.ENOTDIR
		case len(found.names) > 0:
			return syscall.ENOTEMPTY
		}
		n.set(name, nil)
		return 0
	})
}

// Rename gives what is called name here another one, perhaps in another
// directory. What had that name before loses it.
func (n *Inode) Rename(name string, to *Inode, newName string, replace bool) syscall.Errno {
	return n.Disk.change(func() syscall.Errno {
		moved, there := n.names[name], to.names[newName]
		switch {
		case moved == nil:
			return syscall.ENOENT
		case moved == there:
			return 0
		case there != nil && !replace:
			return syscall.EEXIST
		case there != nil && len(there.names) > 0:
			return syscall.ENOTEMPTY
		case there != nil && there.isDir() != moved.isDir():
			return syscall.EISDIR
		}
		n.set(name, nil)
		to.set(newName, moved)
		return 0
	})
}

// set sets what a name means to processes; nil: nothing.
func (n *Inode) set(name string, to *Inode) {
	at := place{n, name}
	if old := n.names[name]; old != nil {
		delete(old.places, at)
		delete(n.names, name)
	}
	if to != nil {
		n.names[name] = to
		to.places[at] = true
	}
	n.times.Written = time.Now()
	n.times.Changed = n.times.Written
}

// carry makes the medium have a name as processes see it.
func (p place) carry() {
	if old := p.dir.namesOnMedium[p.name]; old != nil {
		delete(old.placesOnMedium, p)
		delete(p.dir.namesOnMedium, p.name)
	}
	if now := p.dir.names[p.name]; now != nil {
		p.dir.namesOnMedium[p.name] = now
		now.placesOnMedium[p] = true
	}
}

// settle carries over the names that something has now, and those that it had on
// the medium, and does the same for the directories above it.
func (n *Inode) settle() {
	for p := range maps.Clone(n.placesOnMedium) {
		if !n.places[p] {
			p.carry()
		}
	}
	for p := range n.places {
		if !n.placesOnMedium[p] {
			p.carry()
		}
		p.dir.settle()
	}
}

// syncNames carries over all names in a directory. What was moved here or away
// has its other name carried over with it.
func (n *Inode) syncNames() {
	for _, p := range n.changedNames() {
		before, now := n.namesOnMedium[p.name], n.names[p.name]
		p.carry()
		for _, moved := range []*Inode{before, now} {
			if moved != nil && len(moved.places) > 0 {
				moved.settle()
			}
		}
	}
}

// changedNames are the names here that the medium has not, or otherwise.
func (n *Inode) changedNames() (changed []place) {
	for name, now := range n.names {
		if n.namesOnMedium[name] != now {
			changed = append(changed, place{n, name})
		}
	}
	for name := range n.namesOnMedium {
		if n.names[name] == nil {
			changed = append(changed, place{n, name})
		}
	}
	return changed
}
