package mount

import (
	"fmt"
	"time"

	"parley/test/power/disk"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// Mount is a disk that processes can use.
type Mount struct{ server *fuse.Server }

// forEver is how long the kernel may cache an answer.
const forEver = 24 * time.Hour

// At shows d at a directory, which must exist.
func At(dir string, d *disk.Disk) (*Mount, error) {
	keep := forEver
	server, err := fs.Mount(dir, &node{file: d.Root()}, &fs.Options{
		EntryTimeout: &keep, AttrTimeout: &keep, NegativeTimeout: &keep,
		RootStableAttr: &fs.StableAttr{Ino: d.Root().Stat().Number},
		MountOptions: fuse.MountOptions{
			FsName: "parley-power", Name: "parley", DirectMount: true, DisableXAttrs: true, MaxWrite: 1 << 20,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("mounting a disk at %s: %w; it needs /dev/fuse, and root or fusermount3 (Debian: fuse3)", dir, err)
	}
	return &Mount{server: server}, nil
}

// Unmount ends it. No process may have a file open; the caller has waited for
// their ends.
func (m *Mount) Unmount() error {
	if err := m.server.Unmount(); err != nil {
		return fmt.Errorf("unmounting a disk: %w", err)
	}
	m.server.Wait()
	return nil
}
