// Package private protects the files of a process from other users of the machine: files
// of mode 0600 in directories of mode 0700. No file is opened through a symbolic link,
// which another user may have put there.
package private

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
)

// others are the permissions of everybody but the owner.
const others fs.FileMode = 0o077

// Dir creates a directory and its parents with permissions for the owner only. The
// permissions of others are removed from an existing one, which is logged. They are kept,
// which is logged too, if the directory belongs to another user, is shared (/tmp), or is
// the current or home directory, which has other purposes: the files in it are private
// themselves.
func Dir(path string, log *slog.Logger) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	mode := info.Mode().Perm()
	if mode&others == 0 {
		return nil
	}
	err = errors.New("it has other purposes than data")
	if info.Mode()&fs.ModeSticky == 0 && !isHome(info) {
		if err = os.Chmod(path, info.Mode()&^others); err == nil && !closed(path) {
			err = errors.New("its file system does not support permissions")
		}
	}
	if err != nil {
		log.Warn("other users may read the data directory, whose permissions were not changed", "directory", path, "mode", mode, "why", err)
		return nil
	}
	log.Warn("other users could read the data directory; now only its owner can", "directory", path, "mode_was", mode)
	return nil
}

// isHome reports whether a directory is the current or the home directory.
func isHome(info fs.FileInfo) bool {
	home, _ := os.UserHomeDir()
	for _, path := range []string{".", home} {
		if other, err := os.Stat(path); err == nil && os.SameFile(info, other) {
			return true
		}
	}
	return false
}

func closed(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&others == 0
}

// File ensures that path is a regular file with permissions for its owner only, and
// creates an empty one if it does not exist. The permissions of others are removed from
// an existing one; that is logged, also if it fails since the file belongs to another
// user. It returns an error for a symbolic link and for anything but a regular file.
//
// An existing file is not opened: closing it would release the locks that this process
// may hold on it.
func File(path string, log *slog.Logger) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // follows no link
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	return Restrict(path, log)
}

// Restrict is [File] for a path that need not exist: it creates nothing.
func Restrict(path string, log *slog.Logger) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		to, _ := os.Readlink(path)
		return fmt.Errorf("%s is a symbolic link to %s: data files are not opened through symbolic links; move the file here, or link or mount its directory", path, to)
	case info.IsDir():
		return fmt.Errorf("%s is a directory: name a file", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file: its mode is %v", path, info.Mode())
	}
	mode := info.Mode().Perm()
	if mode&others == 0 {
		return nil
	}
	err = os.Chmod(path, mode&^others)
	if err == nil && !closed(path) {
		err = errors.New("its file system does not support permissions")
	}
	if err != nil {
		log.Warn("other users may read or write a data file, whose permissions could not be changed", "file", path, "mode", mode, "why", err)
		return nil
	}
	log.Warn("other users could read or write a data file; now only its owner can", "file", path, "mode_was", mode)
	return nil
}
