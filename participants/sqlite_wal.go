package participants

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// WALError reports that the journal is not the file that the -wal beside it was
// written for: a backup was restored and the newer -wal left where it was, or
// another program changed the file.
//
// SQLite does not notice this. It would read the pages of the -wal in place of the
// file's, and so undo the restore, or mix the pages of two states.
type WALError struct {
	// Journal is its path.
	Journal string
	// Expected is what the file was when the -wal was begun, Found what it is: its
	// size in bytes and when it was last changed, to the second.
	Expected, Found fmt.Stringer
}

func (e *WALError) Error() string {
	base := filepath.Base(e.Journal)
	return fmt.Sprintf("journal %s is not the file that %s-wal beside it was written for: that had %v, this one has %v. "+
		"If a backup was restored, the -wal would undo or damage it: delete %s-wal and %s-shm, and start again. "+
		"If the file and its -wal were copied together, or another program changed the file, they do belong together: "+
		`say so by sqlite3 %s "PRAGMA wal_checkpoint(TRUNCATE)", and start again`,
		e.Journal, base, e.Expected, e.Found, base, base, base)
}

// database is a state of the database file. It changes only when the -wal is copied
// back into it. Seconds, since not every file system and archive keeps more.
type database struct{ size, changed int64 }

func (b database) String() string {
	return fmt.Sprintf("%d bytes of %s", b.size, time.Unix(b.changed, 0).UTC().Format(time.RFC3339))
}

func stateOf(info fs.FileInfo) database { return database{info.Size(), info.ModTime().Unix()} }

// meta is how the journal notes it, empty while the -wal is being copied back.
func (b database) meta() string {
	if b == (database{}) {
		return ""
	}
	return strconv.FormatInt(b.size, 10) + " " + strconv.FormatInt(b.changed, 10)
}

// metaDatabase is the state of the file to which the -wal belongs. A -wal has a
// note from its first transaction on, so whatever file lies beside it, the note
// that is read is the one in the -wal.
const metaDatabase = "database"

// checkWAL returns a [*WALError] if the -wal belongs to another state of the file.
// It changes nothing: whoever copies a -wal back, as closing any connection that
// may write does, has done the damage. What it cannot read is left to the checks
// that follow.
func (d *sqliteDB) checkWAL() error {
	wal, err := os.Stat(d.path + "-wal")
	if err != nil || wal.Size() == 0 {
		return nil
	}
	info, err := os.Stat(d.path)
	if err != nil {
		return nil
	}
	raw, err := d.driver.Open(d.dsn(d.path, url.Values{"mode": {"ro"}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", busyMillis)}}))
	if err != nil {
		return nil
	}
	c := newConn(raw)
	noted, err := c.one("SELECT value FROM meta WHERE name=?", metaDatabase)
	if err = errors.Join(err, c.close()); err != nil {
		return nil
	}
	var want database
	if n, err := fmt.Sscan(text(noted), &want.size, &want.changed); n < 2 || err != nil {
		return nil // of an older build, or it was being copied back
	}
	if found := stateOf(info); found != want {
		return &WALError{Journal: d.path, Expected: want, Found: found}
	}
	return nil
}

// tend copies the -wal back when it is long, and keeps the note true of which state
// of the file it belongs to. It is called after commits; they are durable whatever
// it returns. That SQLite copies back by itself is switched off: a process may be
// killed at any time, and then the note is to be true, or empty.
func (d *sqliteDB) tend(c *conn, inTx func(func() error) error) error {
	length, err := walLength(c, "NOOP")
	if err != nil {
		return err
	}
	if length < d.walStuck {
		d.walStuck = 0 // it was begun anew
	}
	if length >= max(walPages, d.walStuck+walPages/8) {
		if err := d.copyBack(c, "PASSIVE", inTx); err != nil {
			return err
		}
		// Some pages stay while somebody reads them.
		d.walStuck = length
	}
	info, err := d.file()
	if err != nil {
		return err
	}
	if now := stateOf(info); now != d.noted {
		return d.note(c, now, inTx)
	}
	return nil
}

func (d *sqliteDB) copyBack(c *conn, mode string, inTx func(func() error) error) error {
	if err := d.note(c, database{}, inTx); err != nil {
		return err
	}
	if _, err := walLength(c, mode); err != nil {
		return fmt.Errorf("copying the -wal back: %w", err)
	}
	return nil
}

func (d *sqliteDB) note(c *conn, b database, inTx func(func() error) error) error {
	if err := inTx(func() error {
		_, err := c.exec(d.sql().putMeta, metaDatabase, b.meta())
		return err
	}); err != nil {
		return fmt.Errorf("noting which state of the file the -wal belongs to: %w", err)
	}
	d.noted = b
	return nil
}

// walLength copies the -wal back in a mode and returns its length in pages.
func walLength(c *conn, mode string) (pages int64, err error) {
	err = c.rows("PRAGMA wal_checkpoint("+mode+")", func(v []driver.Value) error {
		pages, _ = v[1].(int64)
		return nil
	})
	return pages, err
}

// file is the state of the file, on the disk: after a loss of power it is to be as
// it was noted. The file stays open until the journal is unlocked, since closing it
// gives up SQLite's locks.
func (d *sqliteDB) file() (fs.FileInfo, error) {
	if d.open == nil {
		f, err := os.Open(d.path)
		if err != nil {
			return nil, err
		}
		d.open = f
	}
	info, err := d.open.Stat()
	if err == nil && stateOf(info) != d.noted {
		err = d.open.Sync()
	}
	return info, err
}
