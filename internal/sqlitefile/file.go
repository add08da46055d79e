package sqlitefile

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"parley/internal/private"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Kind describes the databases of one program.
type Kind struct {
	// Noun names such a file in errors: "journal".
	Noun string
	// ApplicationID marks its files, in the header of the database.
	ApplicationID int64
	// QuickCheckBytes is up to which size a database is checked whole when it is
	// first identified.
	QuickCheckBytes int64
	// Backup completes "restore it from", Elsewhere is what to do about a file of
	// another program, and Lost what to do when a file was deleted while it was open.
	Backup, Elsewhere, Lost string
}

// lockSuffix is that of the lock file, where each database has one.
const lockSuffix = ".lock"

const (
	// walPages is when the -wal is copied back into the database: 32 MB. The pages
	// that every transaction touches are then copied once in thousands. Half as much
	// gave twice the pauses of 50 ms, and a connection that copies at the same time
	// as the committer shortened none.
	walPages = 8000
	// busyMillis is how long to wait for a foreign reader or backup tool.
	busyMillis = 5000
)

// File is an SQLite database that this process owns. It is a [driver.Connector].
type File struct {
	Kind
	path string
	log  *slog.Logger
	// noted are the open files, from the first connection on.
	noted atomic.Pointer[map[string]fs.FileInfo]

	// mu guards what follows: pools of connections call Connect from several
	// goroutines.
	mu sync.Mutex
	// idle is a connection that does nothing: SQLite copies the -wal back when the
	// last one is closed. open is the file.
	idle driver.Conn
	open *os.File
	// pair is what the note holds, walStuck how long the -wal was when it was last
	// copied back, see [File.Tend].
	pair     pair
	walStuck int64
}

// New returns the file under a path, whose directory must exist. It opens nothing.
func New(path string, kind Kind, log *slog.Logger) (*File, error) {
	dir, err := RealDir(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("%s %s: its directory must exist: %w", kind.Noun, path, err)
	}
	return &File{Kind: kind, path: filepath.Join(dir, filepath.Base(path)), log: log}, nil
}

// RealDir returns the directory under its own name: one file must not be locked
// under two names. The file itself is no link, see package private.
func RealDir(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(abs); err != nil {
		return "", err
	} else if !info.IsDir() {
		return "", fmt.Errorf("%s is not a directory", dir)
	}
	return abs, nil
}

// Path is the absolute path of the database.
func (f *File) Path() string { return f.path }

// Lock locks a file, which it makes if needed, for as long as the process lives or
// until unlock. what names in an error what is in use, and instead what to do but
// stopping the other process.
func Lock(path, what, instead string, log *slog.Logger) (unlock func() error, err error) {
	if err := private.File(path, log); err != nil {
		return nil, writable(err)
	}
	raw, err := connect(path, nil)
	if err != nil {
		return nil, fmt.Errorf("opening the lock file %s: %w", path, err)
	}
	if err := exec(raw, "BEGIN EXCLUSIVE"); err != nil {
		_ = raw.Close()
		if Code(err) == sqlite3.SQLITE_BUSY {
			return nil, fmt.Errorf("%s is in use by another process, which holds %s: stop that process first, or %s", what, path, instead)
		}
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return raw.Close, nil
}

// writable adds what to do to an error about a file that could not be made.
func writable(err error) error {
	if _, is := errors.AsType[*fs.PathError](err); is {
		return fmt.Errorf("%w: this process must be able to write the file and create others in its directory", err)
	}
	return err
}

// Prepare checks the file before it is first opened, and makes it, empty, if it does
// not exist and create is set. The caller holds the lock that keeps other processes
// away. exists reports whether there is a file now.
func (f *File) Prepare(create bool) (exists bool, err error) {
	if create {
		if err := private.File(f.path, f.log); err != nil {
			return false, fmt.Errorf("%s: %w", f.Noun, writable(err))
		}
	}
	// SQLite gives the -wal and the -shm the permissions of the database.
	for _, suffix := range []string{"", "-wal", "-shm", noteSuffix} {
		if err := private.Restrict(f.path+suffix, f.log); err != nil {
			return false, fmt.Errorf("%s: %w", f.Noun, err)
		}
	}
	// A file must not be opened and closed again once it is in use: closing it gives
	// up every POSIX lock that this process has on it.
	exists, err = f.checkHeader()
	if err == nil {
		err = f.checkWAL()
	}
	return exists, err
}

// Connect opens a connection that may write. It implements [driver.Connector].
func (f *File) Connect(context.Context) (driver.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	// To open a path whose file was deleted would make an empty database.
	if err := f.Check(); err != nil {
		return nil, err
	}
	raw, err := connect(f.path, url.Values{"_txlock": {"immediate"}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", busyMillis)}})
	if err != nil {
		return nil, f.Explain(err)
	}
	if err = f.ready(raw); err == nil {
		return raw, nil
	}
	if f.idle == nil {
		return nil, errors.Join(err, f.closeLast(raw))
	}
	return nil, errors.Join(err, raw.Close())
}

// Driver implements [driver.Connector].
func (*File) Driver() driver.Driver { return &sqlite.Driver{} }

// ready checks the database, makes and checks the settings of a connection, and opens
// what stays open with the first one.
func (f *File) ready(raw driver.Conn) error {
	if _, _, err := f.identify(raw); err != nil {
		return err
	}
	for _, p := range []struct {
		name, set string
		want      driver.Value
	}{
		{"journal_mode", "PRAGMA journal_mode=WAL", "wal"},
		{"synchronous", "PRAGMA synchronous=FULL", int64(2)},
		{"fullfsync", "PRAGMA fullfsync=1", int64(1)},
		{"foreign_keys", "PRAGMA foreign_keys=1", int64(1)},
		{"wal_autocheckpoint", "PRAGMA wal_autocheckpoint=0", int64(0)},
	} {
		if err := exec(raw, p.set); err != nil {
			return f.Explain(fmt.Errorf("%s: %w", p.set, err))
		}
		if got, err := queryRow(raw, "PRAGMA "+p.name); err != nil {
			return f.Explain(fmt.Errorf("reading %s back: %w", p.name, err))
		} else if got[0] != p.want {
			return fmt.Errorf("%s %s: %s is %v after %q, so commits would not be durable: is the file on a network or read-only file system?",
				f.Noun, f.path, p.name, got[0], p.set)
		}
	}
	if err := f.keepOpen(raw); err != nil {
		return f.Explain(err)
	}
	return nil
}

// keepOpen opens what stays open from the first connection on, and notes which files
// these are.
func (f *File) keepOpen(raw driver.Conn) (err error) {
	if f.idle != nil {
		return nil
	}
	if err := openWAL(raw); err != nil {
		return err
	}
	if f.open, err = os.Open(f.path); err != nil {
		return err
	}
	idle, err := connect(f.path, nil)
	if err == nil {
		if err = openWAL(idle); err != nil {
			_ = idle.Close()
		}
	}
	if err == nil {
		err = f.noteFiles()
	}
	f.idle = idle
	return err
}

// openWAL opens the files next to the database, as the first read in the mode WAL
// does.
func openWAL(raw driver.Conn) error {
	_, err := queryRow(raw, "SELECT count(*) FROM sqlite_schema")
	return err
}

// Reader opens at most conns connections that cannot write. They are closed when they
// are not used, so that a forgotten one cannot keep the -wal from being copied back.
func (f *File) Reader(conns int) *sql.DB {
	db := sql.OpenDB(reader{f})
	db.SetMaxOpenConns(conns)
	return db
}

// reader is the connector of [File.Reader].
type reader struct{ *File }

func (r reader) Connect(context.Context) (driver.Conn, error) {
	raw, err := connect(r.path, url.Values{"_pragma": {fmt.Sprintf("busy_timeout(%d)", busyMillis), "query_only(1)"}})
	if err != nil {
		return nil, r.Explain(err)
	}
	return raw, nil
}

// connect opens a connection to an SQLite database.
func connect(path string, query url.Values) (driver.Conn, error) {
	// A driver of our own has none of the functions and hooks that others may have
	// registered with the one that all share.
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}
	return (&sqlite.Driver{}).Open(dsn.String())
}

func exec(raw driver.Conn, query string) error {
	_, err := raw.(driver.ExecerContext).ExecContext(context.Background(), query, nil)
	return err
}

// queryRow returns the first row of a query.
func queryRow(raw driver.Conn, query string) ([]driver.Value, error) {
	stmt, err := raw.Prepare(query)
	if err != nil {
		return nil, err
	}
	defer stmt.Close()
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(context.Background(), nil)
	if err != nil {
		return nil, err
	}
	row := make([]driver.Value, len(rows.Columns()))
	return row, errors.Join(rows.Next(row), rows.Close())
}
