// Package private keeps what a process stores from other users of the machine: files
// of mode 0600 in directories of mode 0700, and no file that is opened through a link,
// behind which somebody else may have put another.
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

// Dir makes a directory, and the ones above it, for its owner alone. One that was there
// and is open to others is closed to them, and that is logged. It stays open, and that
// is logged, where it is somebody else's, everybody's (/tmp), or the current or home
// directory, which is there for more than data: the files in it are private by
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
	err = errors.New("it is there for more than data")
	if info.Mode()&fs.ModeSticky == 0 && !isHome(info) {
		if err = os.Chmod(path, info.Mode()&^others); err == nil && !closed(path) {
			err = errors.New("its file system keeps no permissions")
		}
	}
	if err != nil {
		log.Warn("others may look into the directory of the data, which was not closed to them", "directory", path, "mode", mode, "why", err)
		return nil
	}
	log.Warn("others could look into the directory of the data; now its owner alone can", "directory", path, "mode_was", mode)
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

// File makes sure that a path is a file for its owner alone: it makes one, empty, where
// there is none. One that is open to others is closed to them, and that is logged, as
// is that it could not be, since it is somebody else's. It returns an error for a link,
// and for what is no file.
//
// A file that was there is not opened: closing it would give up the locks that this
// process may have on it.
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

// Restrict is [File] for a path where no file need be: it makes none.
func Restrict(path string, log *slog.Logger) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		to, _ := os.Readlink(path)
		return fmt.Errorf("%s is a symbolic link to %s: what is stored is not opened through a link to a file; move the file here, or link or mount its directory", path, to)
	case info.IsDir():
		return fmt.Errorf("%s is a directory: name a file", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no file: its mode is %v", path, info.Mode())
	}
	mode := info.Mode().Perm()
	if mode&others == 0 {
		return nil
	}
	err = os.Chmod(path, mode&^others)
	if err == nil && !closed(path) {
		err = errors.New("its file system keeps no permissions")
	}
	if err != nil {
		log.Warn("others may read or write a file of the data, which could not be closed to them", "file", path, "mode", mode, "why", err)
		return nil
	}
	log.Warn("others could read or write a file of the data; now its owner alone can", "file", path, "mode_was", mode)
	return nil
}
