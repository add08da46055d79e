package sqlitefile

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// WALError reports that the database is not the file that the -wal next to it was
// written for: a backup was restored and the newer -wal left where it was, or
// another program changed the file.
//
// SQLite does not notice this. It would read the pages of the -wal in place of the
// file's, and so undo the restore, or mix the pages of two states.
type WALError struct {
	// Noun is [Kind.Noun], Path that of the database.
	Noun, Path string
	// Expected is what the file was when the -wal was begun, Found what it is: its
	// size in bytes and when it was last changed.
	Expected, Found fmt.Stringer
}

func (e *WALError) Error() string {
	base := filepath.Base(e.Path)
	return fmt.Sprintf("%s %s is not the file that %s-wal next to it was written for: that had %v, this one has %v. "+
		"If a backup without a -wal of its own was restored, the -wal would undo or damage it: delete %s-wal and %s-shm, and start again. "+
		"If the -wal was restored with it, or no backup was and another program changed the file, they belong together: "+
		`confirm that with sqlite3 %s "PRAGMA wal_checkpoint(TRUNCATE)", and start again`,
		e.Noun, e.Path, base, e.Expected, e.Found, base, base, base)
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

// The file that notes the pair while the database is open has this suffix. The note
// cannot be in the database: what is read of it through a -wal of another state is
// anything.
const noteSuffix = ".pair"

func (f *File) notePath() string { return f.path + noteSuffix }

// checkWAL returns a [*WALError] if the -wal belongs to another state of the file. It
// is called before the first connection: to copy the -wal back, as closing any connection
// that may write does, does the damage. Without a note nothing is
// known.
func (f *File) checkWAL() error {
	wal, err := os.Stat(f.path + "-wal")
	if errors.Is(err, fs.ErrNotExist) || err == nil && wal.Size() == 0 {
		// A note must not outlive its -wal, whose number another one may get.
		return f.forgetNote()
	}
	if err != nil {
		return nil
	}
	file, err := os.Stat(f.path)
	if err != nil {
		return nil
	}
	noted, err := os.ReadFile(f.notePath())
	if err != nil {
		return nil
	}
	want, found := parsePair(string(noted)), pairOf(file, wal)
	if want == (pair{}) || want.wal != found.wal || want.same(found.database) {
		return nil // it was being copied back; the -wal was copied; or they belong together
	}
	return &WALError{Noun: f.Noun, Path: f.path, Expected: want.database, Found: found.database}
}

// Checkpoint runs PRAGMA wal_checkpoint in a mode, on a connection that may write, and
// returns the length of the -wal in pages.
type Checkpoint func(mode string) (pages int64, err error)

// Tend copies the -wal back when it is long, and keeps the note true. It is called
// after commits, not necessarily each; they are durable whatever it returns. That SQLite copies back by
// itself is switched off: a process may be killed at any time, and then the note is
// to be true, or empty.
func (f *File) Tend(checkpoint Checkpoint) error {
	length, err := checkpoint("NOOP")
	if err != nil {
		return err
	}
	if length < f.walStuck {
		f.walStuck = 0 // SQLite began it again from its start
	}
	if length >= max(walPages, f.walStuck+walPages/8) {
		// Some pages stay while they are read, or all while the disk is full.
		f.walStuck = length
		if err := f.copyBack(checkpoint, "PASSIVE"); err != nil {
			return err
		}
	}
	now, err := f.present()
	if err == nil && now != f.pair {
		err = f.note(now)
	}
	return err
}

// copyBack leaves the note empty.
func (f *File) copyBack(checkpoint Checkpoint, mode string) error {
	if err := f.note(pair{}); err != nil {
		return err
	}
	if _, err := checkpoint(mode); err != nil {
		return fmt.Errorf("copying the -wal back: %w", err)
	}
	return nil
}

// Finish makes the file whole before the last connection is closed, which checkpoint
// runs on. checkpoint is nil when a failure came before. The file is not used again.
func (f *File) Finish(checkpoint Checkpoint) error {
	f.mu.Lock()
	idle := f.idle
	f.mu.Unlock() // checkpoint may have to connect
	if idle == nil {
		return nil
	}
	if checkpoint == nil {
		return f.closeLast(idle)
	}
	err := f.copyBack(checkpoint, "TRUNCATE")
	if err == nil {
		err = os.Remove(f.notePath())
	}
	return errors.Join(err, idle.Close())
}

// Release closes what does not matter to SQLite, after the last connection.
func (f *File) Release() {
	if f.open != nil {
		_ = f.open.Close() // it was only read
	}
}

// note writes the note, durably, as the -wal and the file are. A note that is half
// written is read as none.
func (f *File) note(p pair) error {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	file, err := os.OpenFile(f.notePath(), flags, 0o600)
	if errors.Is(err, fs.ErrPermission) && os.Remove(f.notePath()) == nil { // another user's, who ran it once
		file, err = os.OpenFile(f.notePath(), flags, 0o600)
	}
	if err == nil {
		_, err = file.WriteString(p.String())
		err = errors.Join(err, file.Sync(), file.Close())
	}
	if err != nil {
		return fmt.Errorf("noting to which state of the file the -wal belongs: %w", err)
	}
	f.pair = p
	return nil
}

// forgetNote empties the note, if there is one, before anything else may copy the -wal
// back: SQLite does when the last connection is closed.
func (f *File) forgetNote() error {
	if _, err := os.Stat(f.notePath()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return f.note(pair{})
}

// closeLast closes the last connection. Where the note cannot be emptied it stays open
// until the process ends, which copies nothing back.
func (f *File) closeLast(raw driver.Conn) error {
	if err := f.forgetNote(); err != nil {
		return err
	}
	return raw.Close()
}

// present returns the present pair, on the disk: after a loss of power the file is to
// be as it was noted. It stays open until the database is unlocked, since closing it gives up
// SQLite's locks.
func (f *File) present() (pair, error) {
	wal, err := os.Stat(f.path + "-wal")
	if err != nil {
		return pair{}, err
	}
	info, err := f.open.Stat()
	if err != nil {
		return pair{}, err
	}
	now := pairOf(info, wal)
	if now.database != f.pair.database {
		err = f.open.Sync()
	}
	return now, err
}
