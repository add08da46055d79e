package participants

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

	"parley/internal/private"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteDB is the dialect of the embedded SQLite.
//
// A commit is durable because of three settings, all read back: journal_mode
// WAL, synchronous FULL (the log is synced at every commit), and the rule that
// nothing but the committer's own COMMIT commits. The latter is held by two
// hooks: one turns any other commit into a rollback, the other tells when a
// transaction was rolled back behind the committer's back (a constraint with
// ON CONFLICT ROLLBACK, a full disk). So what follows such a rollback cannot
// become durable by itself in autocommit mode.
type sqliteDB struct {
	path   string
	driver driver.Driver
	log    *slog.Logger
	// idle is a connection that does nothing: SQLite copies the -wal back when the
	// last one is closed. open is the file, noted what the journal has noted of it, and
	// walStuck how long the -wal was when it was last copied back, see tend.
	idle     *conn
	open     *os.File
	noted    pair
	walStuck int64
}

const (
	// applicationID marks the file as a Parley journal: "PARL".
	applicationID = 0x5041524c
	// walPages is when the -wal is copied back into the database: 32 MB. The
	// pages that every transaction touches are then copied once in thousands.
	// Half as much gave twice the pauses of 50 ms, and a connection that copies
	// beside the committer shortened none.
	walPages = 8000
	// busyMillis is how long to wait for a foreign reader or backup tool.
	busyMillis = 5000
	// quickCheckBytes is up to which size a database is checked whole at
	// start: about a second.
	quickCheckBytes = 64 << 20
)

func openSQLite(path string, log *slog.Logger) (*sqliteDB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	dir := filepath.Dir(abs)
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("journal %s: its directory must exist: %w", path, err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("journal %s: %s is not a directory", path, dir)
	}
	// One file must not be locked under two names; the file itself is no link.
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	abs = filepath.Join(dir, filepath.Base(abs))
	none, err := sql.Open("sqlite", "")
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	defer none.Close()
	return &sqliteDB{path: abs, driver: none.Driver(), log: log}, nil
}

func (d *sqliteDB) where() string { return d.path }

func (d *sqliteDB) files() []string {
	return []string{d.path, d.path + ".lock", d.path + "-wal", d.path + "-shm"}
}

func (d *sqliteDB) dsn(path string, query url.Values) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String()
}

// lock holds a lock on a file beside the database for as long as the process
// lives. The database itself cannot be locked: readers need it.
func (d *sqliteDB) lock() (func() error, error) {
	path := d.path + ".lock"
	if err := d.keepPrivate(); err != nil {
		return nil, err
	}
	raw, err := d.driver.Open(d.dsn(path, nil))
	if err != nil {
		return nil, fmt.Errorf("opening the lock file %s: %w", path, d.explain(err))
	}
	c := newConn(raw)
	if _, err := c.exec("BEGIN EXCLUSIVE"); err != nil {
		_ = c.close()
		if code(err)&0xff == sqlite3.SQLITE_BUSY {
			return nil, fmt.Errorf("journal %s is in use by another process, which holds %s: "+
				"stop that process first, or give this one a journal of its own and another participant name", d.path, path)
		}
		return nil, fmt.Errorf("locking %s: %w", path, d.explain(err))
	}
	// Not before: closing a file gives up every POSIX lock that this process
	// has on it, also those of a journal that it has open already.
	err = checkHeader(d.path)
	if err == nil {
		err = d.checkWAL()
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return func() error {
		if d.open != nil {
			_ = d.open.Close() // it was only read
		}
		return c.close()
	}, nil
}

// keepPrivate makes the files for their owner alone; SQLite gives the -wal and the -shm
// the permissions of the database.
func (d *sqliteDB) keepPrivate() error {
	for _, suffix := range []string{"", ".lock"} {
		if err := private.File(d.path+suffix, d.log); err != nil {
			if _, is := errors.AsType[*fs.PathError](err); is { // it could not be made
				return fmt.Errorf("journal: %w: this process must be able to write the file and create others in its directory", err)
			}
			return fmt.Errorf("journal: %w", err)
		}
	}
	for _, suffix := range []string{"-wal", "-shm", ".pair"} {
		if err := private.Restrict(d.path+suffix, d.log); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	return nil
}

func (d *sqliteDB) connect(context.Context) (*conn, error) {
	raw, err := d.driver.Open(d.dsn(d.path, url.Values{"_pragma": {fmt.Sprintf("busy_timeout(%d)", busyMillis)}}))
	if err != nil {
		return nil, d.explain(err)
	}
	c := newConn(raw)
	_, err = d.identify(c)
	if err == nil {
		if err = d.ready(c); err != nil {
			err = d.explain(err)
		}
	}
	switch {
	case err == nil:
		return c, nil
	case d.idle == nil:
		return nil, errors.Join(err, d.closeLast(c))
	default:
		_ = c.close()
		return nil, err
	}
}

// ready makes and checks the settings of a connection, and opens what stays open with
// the first one.
func (d *sqliteDB) ready(c *conn) error {
	err := d.prepareConn(c)
	if err == nil {
		err = c.openFiles()
	}
	if err == nil && d.open == nil {
		d.open, err = os.Open(d.path)
	}
	if err == nil && d.idle == nil {
		d.idle, err = d.openIdle()
	}
	return err
}

// openFiles opens the files beside the database, as the first read in the mode WAL
// does.
func (c *conn) openFiles() error {
	_, err := c.one("SELECT count(*) FROM sqlite_schema")
	return err
}

func (d *sqliteDB) openIdle() (*conn, error) {
	raw, err := d.driver.Open(d.dsn(d.path, nil))
	if err != nil {
		return nil, err
	}
	idle := newConn(raw)
	if err := idle.openFiles(); err != nil {
		return nil, errors.Join(err, idle.close())
	}
	return idle, nil
}

func (d *sqliteDB) prepareConn(c *conn) error {
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
		if _, err := c.exec(p.set); err != nil {
			return fmt.Errorf("%s: %w", p.set, err)
		}
		if got, err := c.one("PRAGMA " + p.name); err != nil {
			return fmt.Errorf("reading %s back: %w", p.name, err)
		} else if got != p.want {
			return fmt.Errorf("%s is %v after %q, so commits would not be durable: is the file on a network or read-only file system?", p.name, got, p.set)
		}
	}
	hooks, ok := c.raw.(sqlite.HookRegisterer)
	if !ok {
		return fmt.Errorf("the SQLite driver %T has no commit hook", c.raw)
	}
	hooks.RegisterCommitHook(func() int32 {
		if c.inTx && !c.committing {
			c.lost = true
			return 1
		}
		return 0
	})
	hooks.RegisterRollbackHook(func() {
		if c.inTx {
			c.lost = true
		}
	})
	c.onClose = func() {
		hooks.RegisterCommitHook(nil)
		hooks.RegisterRollbackHook(nil)
	}
	return nil
}

// reader is read-only. Its few connections are closed and opened as needed, so
// that a forgotten one cannot keep the log from being copied back.
func (d *sqliteDB) reader() (*sql.DB, error) {
	db, err := sql.Open("sqlite", d.dsn(d.path, url.Values{"_pragma": {fmt.Sprintf("busy_timeout(%d)", busyMillis), "query_only(1)"}}))
	if err != nil {
		return nil, fmt.Errorf("opening journal %s for reading: %w", d.path, err)
	}
	// Two: a listing must not wait for the collector.
	db.SetMaxOpenConns(2)
	return db, nil
}

func (d *sqliteDB) hasTriggers(c *conn) (bool, error) {
	n, err := c.one("SELECT count(*) FROM sqlite_schema WHERE type='trigger'")
	return n != int64(0), err
}

func (d *sqliteDB) finish(c *conn) error {
	if c == nil {
		if d.idle == nil {
			return nil
		}
		return d.closeLast(d.idle)
	}
	err := d.copyBack(c, "TRUNCATE")
	if err == nil {
		err = os.Remove(d.notePath())
	}
	return errors.Join(err, d.idle.close())
}
