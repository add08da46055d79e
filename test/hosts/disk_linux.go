package hosts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// keepMounts keeps what is mounted here from all others.
func keepMounts() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keeping what is mounted here from others: %w", err)
	}
	return nil
}

// Disk is a separate file system, small enough to fill. It needs [Main], and disappears
// when that ends.
type Disk struct{ dir string }

// NewDisk mounts a disk of a size in bytes, which it takes from memory as it is
// written, at a directory that exists.
func NewDisk(dir string, size int64) (*Disk, error) {
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		return nil, fmt.Errorf("mounting a small disk at %s: %w", dir, err)
	}
	return &Disk{dir}, nil
}

func (d *Disk) filler() string { return filepath.Join(d.dir, "filler") }

// Fill leaves not one free byte.
func (d *Disk) Fill() error {
	f, err := os.OpenFile(d.filler(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	for block := make([]byte, 1<<20); len(block) > 0 && err == nil; {
		if _, err = f.Write(block); errors.Is(err, unix.ENOSPC) {
			block, err = block[:len(block)/2], nil
		}
	}
	return errors.Join(err, f.Close())
}

// Free gives back what Fill took.
func (d *Disk) Free() error { return os.Remove(d.filler()) }

// Close unmounts the disk, also while files on it are open.
func (d *Disk) Close() error { return unix.Unmount(d.dir, unix.MNT_DETACH) }
