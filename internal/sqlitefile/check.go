package sqlitefile

import (
	"bytes"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// checkHeader reports what is wrong with a file that is no SQLite database, more
// clearly than SQLite does.
func (f *File) checkHeader() (exists bool, err error) {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", f.Noun, err)
	}
	defer file.Close()
	magic := []byte("SQLite format 3\x00")
	head := make([]byte, len(magic))
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, fmt.Errorf("reading %s %s: %w", f.Noun, f.path, err)
	}
	if n > 0 && !bytes.Equal(head, magic) {
		return false, fmt.Errorf("%s %s is not an SQLite database, or its first bytes are damaged: restore it from %s, or %s", f.Noun, f.path, f.Backup, f.Elsewhere)
	}
	return true, nil
}

// Identify reads whose database a connection leads to and, if it is not too large,
// checks all of it. version is its user_version; blank reports that it has no tables.
func (f *File) Identify(raw driver.Conn) (version int64, blank bool, err error) {
	version, blank, err = f.identify(raw)
	if err == nil && !blank {
		err = f.quickCheck(raw)
	}
	return version, blank, err
}

// identify does so before anything is changed in it.
func (f *File) identify(raw driver.Conn) (version int64, blank bool, err error) {
	got, err := queryRow(raw, "SELECT (SELECT count(*) FROM sqlite_schema), application_id, user_version FROM pragma_application_id, pragma_user_version")
	if err != nil {
		return 0, false, f.Explain(err)
	}
	tables, _ := got[0].(int64)
	app, _ := got[1].(int64)
	version, _ = got[2].(int64)
	if tables > 0 && app != f.ApplicationID {
		return 0, false, fmt.Errorf("%s is an SQLite database of another program (its application_id is %d): %s", f.path, app, f.Elsewhere)
	}
	return version, tables == 0, nil
}

func (f *File) quickCheck(raw driver.Conn) error {
	info, err := os.Stat(f.path)
	if err != nil || info.Size() > f.QuickCheckBytes {
		return err
	}
	result, err := queryRow(raw, "PRAGMA quick_check(1)")
	if err != nil {
		return f.Explain(err)
	}
	if result[0] != "ok" {
		return f.damaged(fmt.Errorf("%v", result[0]))
	}
	return nil
}

func (f *File) damaged(err error) error {
	return fmt.Errorf("%s %s is damaged: %w: restore it from %s, or see what sqlite3 .recover saves", f.Noun, f.path, err, f.Backup)
}

// Explain adds to an error of the database which file it is about, and what to do.
func (f *File) Explain(err error) error {
	switch Code(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return f.damaged(err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%s %s: no space left: make space on that disk: %w", f.Noun, f.path, err)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("%s %s: %w: this process must be able to write the file and create others in its directory", f.Noun, f.path, err)
	default:
		return fmt.Errorf("%s %s: %w", f.Noun, f.path, err)
	}
}

// Code is the primary result code of an SQLite error, 0 for any other error.
func Code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// Failed reports whether an error is the database's and not that of the statement at
// hand: no other statement would fare better.
func Failed(err error) bool {
	switch Code(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_PERM:
		return true
	default:
		return false
	}
}

// NotCommitted reports whether a failed COMMIT certainly changed nothing: a constraint
// is checked before anything is written. After a failed sync the last frame is in
// the -wal, and is found there if the process dies before it is overwritten.
func NotCommitted(err error) bool { return Code(err) == sqlite3.SQLITE_CONSTRAINT }
