package participants

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// checkHeader says what is wrong with a file that is no SQLite database, more
// clearly than SQLite does.
func checkHeader(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer f.Close()
	magic := []byte("SQLite format 3\x00")
	head := make([]byte, len(magic))
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("reading journal %s: %w", path, err)
	}
	if n > 0 && !bytes.Equal(head, magic) {
		return fmt.Errorf("journal %s is not an SQLite database, or its first bytes are damaged: name another file, or restore this one", path)
	}
	return nil
}

func (d *sqliteDB) version(c *conn) (int, error) {
	version, err := d.identify(c)
	if err != nil || version == 0 {
		return version, err
	}
	return version, d.quickCheck(c)
}

// identify reads whose file it is, before anything is changed in it.
func (d *sqliteDB) identify(c *conn) (version int, err error) {
	var got [3]int64
	for i, q := range []string{"SELECT count(*) FROM sqlite_schema", "PRAGMA application_id", "PRAGMA user_version"} {
		v, err := c.one(q)
		if err != nil {
			return 0, d.explain(err)
		}
		got[i], _ = v.(int64)
	}
	switch tables, app, version := got[0], got[1], got[2]; {
	case tables == 0:
		return 0, nil
	case app != applicationID:
		return 0, fmt.Errorf("%s is an SQLite database of another program (its application_id is %d): name another file", d.path, app)
	case version > schemaVersion:
		return 0, fmt.Errorf("journal %s has schema version %d, this build knows versions up to %d: run the newer build that made it", d.path, version, schemaVersion)
	default:
		return int(version), nil
	}
}

func (d *sqliteDB) quickCheck(c *conn) error {
	info, err := os.Stat(d.path)
	if err != nil || info.Size() > quickCheckBytes {
		return err
	}
	said, err := c.one("PRAGMA quick_check(1)")
	if err != nil {
		return d.explain(err)
	}
	if said != "ok" {
		return fmt.Errorf("journal %s is damaged (%v): restore it from a backup of this very journal, or see what sqlite3 .recover saves", d.path, said)
	}
	return nil
}

// explain adds what to do to errors that a person meets at start.
func (d *sqliteDB) explain(err error) error {
	switch code(err) & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("journal %s is damaged: %w: restore it from a backup of this very journal, or see what sqlite3 .recover saves", d.path, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("journal %s: no space left: %w", d.path, err)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("journal %s: %w: this process must be able to write the file and create others in its directory", d.path, err)
	default:
		return fmt.Errorf("journal %s: %w", d.path, err)
	}
}

func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

func (d *sqliteDB) storeFailed(err error) bool {
	switch code(err) & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_PERM:
		return true
	default:
		return false
	}
}

// notCommitted: a constraint is checked before anything is written.
func (d *sqliteDB) notCommitted(err error) bool {
	return errors.Is(err, errLost) || code(err)&0xff == sqlite3.SQLITE_CONSTRAINT
}
