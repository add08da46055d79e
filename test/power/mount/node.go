package mount

import (
	"context"
	"syscall"
	"time"

	"parley/test/power/disk"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// node is a file or a directory that the kernel knows.
type node struct {
	fs.Inode
	file *disk.Inode
}

var _ = interface {
	fs.NodeGetattrer
	fs.NodeSetattrer
	fs.NodeStatfser
	fs.NodeOpener
	fs.NodeReader
	fs.NodeWriter
	fs.NodeFsyncer
	fs.NodeLookuper
	fs.NodeReaddirer
	fs.NodeCreater
	fs.NodeMkdirer
	fs.NodeLinker
	fs.NodeUnlinker
	fs.NodeRmdirer
	fs.NodeRenamer
}((*node)(nil))

// handle is a file that a process has opened.
type handle struct {
	// synced: with O_SYNC or O_DSYNC.
	synced bool
}

func opened(flags uint32) *handle {
	const dsync = syscall.O_DSYNC // O_SYNC has this bit too
	return &handle{synced: flags&dsync != 0}
}

func (n *node) fill(out *fuse.Attr) {
	a := n.file.Stat()
	out.Ino, out.Mode, out.Size, out.Nlink = a.Number, a.Mode, uint64(a.Size), uint32(a.Links)
	out.Blocks, out.Blksize = uint64(a.Size+511)/512, 4096
	out.SetTimes(&a.Times.Read, &a.Times.Written, &a.Times.Changed)
	out.Owner = *owner()
}

// owner is the user of the processes, which is that of this one.
func owner() *fuse.Owner {
	return &fuse.Owner{Uid: uint32(syscall.Getuid()), Gid: uint32(syscall.Getgid())}
}

func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	n.fill(&out.Attr)
	return 0
}

func (n *node) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	var errno syscall.Errno
	do := func(f func() syscall.Errno) {
		if errno == 0 {
			errno = f()
		}
	}
	if size, ok := in.GetSize(); ok {
		do(func() syscall.Errno { return n.file.Truncate(int64(size)) })
	}
	if mode, ok := in.GetMode(); ok {
		do(func() syscall.Errno { return n.file.Chmod(mode) })
	}
	var read, written time.Time
	if t, ok := in.GetATime(); ok {
		read = t
	}
	if t, ok := in.GetMTime(); ok {
		written = t
	}
	if !read.IsZero() || !written.IsZero() {
		do(func() syscall.Errno { return n.file.SetTimes(read, written) })
	}
	n.fill(&out.Attr)
	return errno
}

// Statfs reports that there is room: a broker wants to know.
func (n *node) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	const block, blocks = 4096, 16 << 30 / 4096
	out.Bsize, out.Frsize, out.NameLen = block, block, 255
	out.Blocks, out.Bfree, out.Bavail = blocks, blocks, blocks
	out.Files, out.Ffree = 1<<20, 1<<20
	return 0
}

func (n *node) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return opened(flags), fuse.FOPEN_KEEP_CACHE, 0
}

func (n *node) Read(_ context.Context, _ fs.FileHandle, to []byte, offset int64) (fuse.ReadResult, syscall.Errno) {
	return fuse.ReadResultData(to[:n.file.Read(to, offset)]), 0
}

func (n *node) Write(_ context.Context, f fs.FileHandle, data []byte, offset int64) (uint32, syscall.Errno) {
	h, _ := f.(*handle) // pages of a mapped file may come without
	if errno := n.file.Write(data, offset, h != nil && h.synced); errno != 0 {
		return 0, errno
	}
	return uint32(len(data)), 0
}

// Fsync is of files and of directories.
func (n *node) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno { return n.file.Sync() }
