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
// and is open to others is closed to them, and that is logged; if it belongs to somebody
// else that is logged, too, and what is in it has to keep itself private.
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
	if err := os.Chmod(path, mode&^others); err != nil {
		log.Warn("others may look into the directory of the data, and it cannot be closed to them", "directory", path, "mode", mode, "error", err)
		return nil
	}
	log.Warn("others could look into the directory of the data; now its owner alone can", "directory", path, "mode_was", mode)
	return nil
}

// File makes sure that a path is a file for its owner alone: it makes one, empty, where
// there is none. One that is open to others is closed to them, and that is logged. It
// returns an error for a link, and for what is no file.
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
	return Close(path, log)
}

// Close is [File] for one that need not be there.
func Close(path string, log *slog.Logger) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		to, _ := os.Readlink(path)
		return fmt.Errorf("%s is a symbolic link to %s: name the file itself, or move it here", path, to)
	case info.IsDir():
		return fmt.Errorf("%s is a directory: name a file", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no file: its mode is %v", path, info.Mode())
	}
	mode := info.Mode().Perm()
	if mode&others == 0 {
		return nil
	}
	if err := os.Chmod(path, mode&^others); err != nil {
		return fmt.Errorf("others can read or write %s (%v), and that cannot be changed: %w", path, mode, err)
	}
	log.Warn("others could read or write a file of the data; now its owner alone can", "file", path, "mode_was", mode)
	return nil
}
