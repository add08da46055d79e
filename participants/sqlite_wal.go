package participants

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	// size in bytes and when it was last changed.
	Expected, Found fmt.Stringer
}

func (e *WALError) Error() string {
	base := filepath.Base(e.Journal)
	return fmt.Sprintf("journal %s is not the file that %s-wal beside it was written for: that had %v, this one has %v. "+
		"If a backup without a -wal of its own was restored, the -wal would undo or damage it: delete %s-wal and %s-shm, and start again. "+
		"If the -wal was restored with it, or no backup was and another program changed the file, they belong together: "+
		`say so by sqlite3 %s "PRAGMA wal_checkpoint(TRUNCATE)", and start again`,
		e.Journal, base, e.Expected, e.Found, base, base, base)
}

// database is a state of the database file. It changes only when the -wal is copied
// back into it.
type database struct {
	size int64
	// changed is when, in nanoseconds since 1970.
	changed int64
}

// same: some file systems keep no more than seconds, and show that after a start of
// the machine.
func (b database) same(found database) bool {
	const second = int64(time.Second)
	return b == found || b.size == found.size && found.changed%second == 0 && b.changed/second == found.changed/second
}

func (b database) String() string {
	return fmt.Sprintf("%d bytes of %s", b.size, time.Unix(0, b.changed).UTC().Format(time.RFC3339Nano))
}

// pair is a state of the database file and the -wal that belongs to it. The zero
// pair is none.
type pair struct {
	database
	// wal is the number of the -wal in its file system: a -wal that was copied is not
	// the one that was noted, and most likely copied with its file.
	wal uint64
}

func pairOf(file, wal fs.FileInfo) pair {
	return pair{database{file.Size(), file.ModTime().UnixNano()}, inode(wal)}
}

func (p pair) String() string {
	if p == (pair{}) {
		return ""
	}
	return fmt.Sprintf("%d %d %d", p.size, p.changed, p.wal)
}

// parsePair is the inverse of String. It returns the zero pair for anything else.
func parsePair(s string) pair {
	var p pair
	if n, err := fmt.Sscan(s, &p.size, &p.changed, &p.wal); n < 3 || err != nil {
		return pair{}
	}
	return p
}

// notePath is the file that notes the pair while the journal is open. The note cannot
// be in the database: what is read of it through a -wal of another state is anything.
func (d *sqliteDB) notePath() string { return d.path + ".pair" }

// checkWAL returns a [*WALError] if the -wal belongs to another state of the file. It
// is called before the first connection: whoever copies a -wal back, as closing any
// connection that may write does, has done the damage. Without a note nothing is
// known.
func (d *sqliteDB) checkWAL() error {
	wal, err := os.Stat(d.path + "-wal")
	if errors.Is(err, fs.ErrNotExist) || err == nil && wal.Size() == 0 {
		// A note must not outlive its -wal, whose number another one may get.
		return d.forgetNote()
	}
	if err != nil {
		return nil
	}
	file, err := os.Stat(d.path)
	if err != nil {
		return nil
	}
	noted, err := os.ReadFile(d.notePath())
	if err != nil {
		return nil
	}
	want, found := parsePair(string(noted)), pairOf(file, wal)
	if want == (pair{}) || want.wal != found.wal || want.same(found.database) {
		return nil // it was being copied back; the -wal was copied; or they belong together
	}
	return &WALError{Journal: d.path, Expected: want.database, Found: found.database}
}

// tend copies the -wal back when it is long, and keeps the note true. It is called
// after commits; they are durable whatever it returns. That SQLite copies back by
// itself is switched off: a process may be killed at any time, and then the note is
// to be true, or empty.
func (d *sqliteDB) tend(c *conn) error {
	length, err := walLength(c, "NOOP")
	if err != nil {
		return err
	}
	if length < d.walStuck {
		d.walStuck = 0 // it was begun anew
	}
	if length >= max(walPages, d.walStuck+walPages/8) {
		// Some pages stay while somebody reads them, or all while the disk is full.
		d.walStuck = length
		if err := d.copyBack(c, "PASSIVE"); err != nil {
			return err
		}
	}
	now, err := d.pair()
	if err == nil && now != d.noted {
		err = d.note(now)
	}
	return err
}

// copyBack leaves the note empty.
func (d *sqliteDB) copyBack(c *conn, mode string) error {
	if err := d.note(pair{}); err != nil {
		return err
	}
	if _, err := walLength(c, mode); err != nil {
		return fmt.Errorf("copying the -wal back: %w", err)
	}
	return nil
}

// note writes the note, durably, as the -wal and the file are. A note that is half
// written is read as none.
func (d *sqliteDB) note(p pair) error {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	f, err := os.OpenFile(d.notePath(), flags, 0o600)
	if errors.Is(err, fs.ErrPermission) && os.Remove(d.notePath()) == nil { // another user's, who ran it once
		f, err = os.OpenFile(d.notePath(), flags, 0o600)
	}
	if err == nil {
		_, err = f.WriteString(p.String())
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return fmt.Errorf("noting to which state of the file the -wal belongs: %w", err)
	}
	d.noted = p
	return nil
}

// forgetNote empties the note, if there is one, before anything else may copy the -wal
// back: SQLite does when the last connection is closed.
func (d *sqliteDB) forgetNote() error {
	if _, err := os.Stat(d.notePath()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return d.note(pair{})
}

// closeLast closes the last connection. Where the note cannot be emptied it stays open
// until the process ends, which copies nothing back.
func (d *sqliteDB) closeLast(c *conn) error {
	if err := d.forgetNote(); err != nil {
		return err
	}
	return c.close()
}

// walLength copies the -wal back in a mode and returns its length in pages.
func walLength(c *conn, mode string) (pages int64, err error) {
	err = c.rows("PRAGMA wal_checkpoint("+mode+")", func(v []driver.Value) error {
		pages, _ = v[1].(int64)
		return nil
	})
	return pages, err
}

// pair is the present one, on the disk: after a loss of power the file is to be as it
// was noted. It stays open until the journal is unlocked, since closing it gives up
// SQLite's locks.
func (d *sqliteDB) pair() (pair, error) {
	wal, err := os.Stat(d.path + "-wal")
	if err != nil {
		return pair{}, err
	}
	info, err := d.open.Stat()
	if err != nil {
		return pair{}, err
	}
	now := pairOf(info, wal)
	if now.database != d.noted.database {
		err = d.open.Sync()
	}
	return now, err
}
