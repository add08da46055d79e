package mount

import (
	"context"
	"syscall"

	"parley/test/power/disk"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// known makes the kernel know a file, or returns what it knows of it already.
func (n *node) known(ctx context.Context, file *disk.Inode, out *fuse.EntryOut) *fs.Inode {
	child := &node{file: file}
	child.fill(&out.Attr)
	return n.NewInode(ctx, child, fs.StableAttr{Mode: out.Attr.Mode & syscall.S_IFMT, Ino: out.Attr.Ino})
}

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	file, errno := n.file.Lookup(name)
	if errno != 0 {
		return nil, errno
	}
	return n.known(ctx, file, out), 0
}

func (n *node) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	var entries []fuse.DirEntry
	for _, e := range n.file.List() {
		a := e.Inode.Stat()
		entries = append(entries, fuse.DirEntry{Name: e.Name, Mode: a.Mode, Ino: a.Number})
	}
	return fs.NewListDirStream(entries), 0
}

func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	file, errno := n.file.Create(name, syscall.S_IFREG|mode&^syscall.S_IFMT)
	if errno != 0 {
		return nil, nil, 0, errno
	}
	return n.known(ctx, file, out), opened(flags), fuse.FOPEN_KEEP_CACHE, 0
}

func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	dir, errno := n.file.Create(name, syscall.S_IFDIR|mode&^syscall.S_IFMT)
	if errno != 0 {
		return nil, errno
	}
	return n.known(ctx, dir, out), 0
}

func (n *node) Link(ctx context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	file := target.(*node).file
	if errno := n.file.Link(name, file); errno != 0 {
		return nil, errno
	}
	return n.known(ctx, file, out), 0
}

func (n *node) Unlink(_ context.Context, name string) syscall.Errno {
	return n.file.Remove(name, false)
}

func (n *node) Rmdir(_ context.Context, name string) syscall.Errno { return n.file.Remove(name, true) }

func (n *node) Rename(_ context.Context, name string, to fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	const noReplace = 1 // RENAME_NOREPLACE
	if flags&^noReplace != 0 {
		return syscall.EINVAL
	}
	return n.file.Rename(name, to.(*node).file, newName, flags&noReplace == 0)
}
