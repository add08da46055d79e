package participants

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// checkFilesEvery is how often the journal's files are compared with those that
// are open. What is written in between is lost with them.
const checkFilesEvery = time.Second

// FilesError reports that a file of an open journal was deleted or replaced.
// What was written since then is in a file without a name.
type FilesError struct {
	// Journal is its path, File the one that is not what was opened.
	Journal, File string
	// Replaced: another file has its name.
	Replaced bool
}

func (e *FilesError) Error() string {
	what := "was deleted"
	if e.Replaced {
		what = "was replaced by another file"
	}
	return fmt.Sprintf("journal %s: %s %s while it was open. Nothing written since then is kept. "+
		"Restore the journal from its newest backup, with this process stopped, before it is started again: "+
		"with an empty directory it would begin a new journal and forget the branches it had prepared", e.Journal, e.File, what)
}

func isFilesError(err error) bool {
	_, is := errors.AsType[*FilesError](err)
	return is
}

// files are the open files of a journal: what was found under each path right
// after it was opened. They are never changed.
type files struct {
	journal string
	infos   map[string]fs.FileInfo
}

// openFiles notes which files are open now.
func openFiles(journal string, paths []string) (*files, error) {
	f := &files{journal: journal, infos: make(map[string]fs.FileInfo, len(paths))}
	for _, path := range paths {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // not needed yet
		}
		if err != nil {
			return nil, fmt.Errorf("journal %s: reading the identity of an open file: %w", journal, err)
		}
		f.infos[path] = info
	}
	return f, nil
}

// check returns a [*FilesError] if a path no longer leads to the open file. Other
// errors of the file system prove nothing.
func (f *files) check() error {
	for path, open := range f.infos {
		now, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return &FilesError{Journal: f.journal, File: path}
		case err == nil && !os.SameFile(open, now):
			return &FilesError{Journal: f.journal, File: path, Replaced: true}
		}
	}
	return nil
}

// noteFiles notes the files of the first connection. They stay open until the
// journal is closed.
func (j *journal) noteFiles() error {
	if j.files.Load() != nil {
		return nil
	}
	open, err := openFiles(j.db.where(), j.db.files())
	if err == nil {
		j.files.Store(open)
	}
	return err
}

// checkFiles compares the files of the journal with those under their names.
func (j *journal) checkFiles() error {
	if open := j.files.Load(); open != nil {
		return open.check()
	}
	return nil
}

// watchFiles returns when ctx ends, or with an error when the journal's files
// are no longer those that are open.
func (s *service) watchFiles(ctx context.Context) error {
	return every(ctx, checkFilesEvery, s.journal.checkFiles)
}
