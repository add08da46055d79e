package sqlitefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// FilesError reports that a file of an open database was deleted or replaced. What was
// written since then is in a file without a name.
type FilesError struct {
	// Noun is [Kind.Noun]. Path is that of the database, File the one that is not what
	// was opened, Lost what to do.
	Noun, Path, File, Lost string
	// Replaced: another file has its name.
	Replaced bool
}

func (e *FilesError) Error() string {
	what := "was deleted"
	if e.Replaced {
		what = "was replaced by another file"
	}
	return fmt.Sprintf("%s %s: %s %s while it was open. Nothing written since then is kept. %s", e.Noun, e.Path, e.File, what, e.Lost)
}

// noteFiles notes which files are open. They stay open until the database is closed.
func (f *File) noteFiles() error {
	infos := map[string]fs.FileInfo{}
	for _, suffix := range []string{"", "-wal", "-shm", lockSuffix} {
		path := f.path + suffix
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // not needed yet, or locked elsewhere
		}
		if err != nil {
			return fmt.Errorf("reading the identity of an open file: %w", err)
		}
		infos[path] = info
	}
	f.noted.Store(&infos)
	return nil
}

// Check returns a [*FilesError] if a path no longer leads to the open file. Other
// errors of the file system prove nothing. It may be called from any goroutine.
func (f *File) Check() error {
	noted := f.noted.Load()
	if noted == nil {
		return nil
	}
	for path, open := range *noted {
		now, err := os.Stat(path)
		deleted := errors.Is(err, fs.ErrNotExist)
		if deleted || err == nil && !os.SameFile(open, now) {
			return &FilesError{Noun: f.Noun, Path: f.path, File: path, Lost: f.Lost, Replaced: !deleted}
		}
	}
	return nil
}
