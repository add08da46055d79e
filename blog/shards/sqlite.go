package shards

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"parley/internal/private"
)

// sqliteDB is the dialect of the embedded SQLite: one file a shard.
//
// A commit is durable because of two settings, both read back in every
// transaction: journal_mode WAL and synchronous FULL, with which the log is
// synced at every commit. Statements of a write are never interrupted: that
// rolls the whole transaction back, and what followed would commit by itself.
type sqliteDB struct {
	path string
	log  *slog.Logger
	// file is what path was when the writer was opened.
	file os.FileInfo
}

const (
	// applicationID marks the file as a shard of a blog: "PBLG".
	applicationID = 0x50424c47
	// walPages is when the log is copied back into the database: 32 MB.
	walPages = 8000
	// busyMillis is how long to wait for a foreign reader or backup tool.
	busyMillis = 5000
	// maxReaders bounds the connections that read from one file. Reading is
	// bound by the processor; more of them only take memory, up to 2 MB each.
	maxReaders = 4
)

// shardFile is the name of a shard's file.
func shardFile(dir string, i int) string { return filepath.Join(dir, fmt.Sprintf("shard-%04d.db", i)) }

// shardFiles counts the places in dir up to the highest that has a file.
func shardFiles(dir string) (n int, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, fmt.Errorf("the blog's directory: %w", err)
	}
	for _, e := range entries {
		digits, ok := strings.CutSuffix(strings.TrimPrefix(e.Name(), "shard-"), ".db")
		if i, err := strconv.Atoi(digits); ok && err == nil && shardFile(dir, i) == filepath.Join(dir, e.Name()) {
			n = max(n, i+1)
		}
	}
	return n, nil
}

func (d *sqliteDB) where() string { return d.path }

func (d *sqliteDB) open(mode string, pragmas ...string) (*sql.DB, error) {
	q := url.Values{"mode": {mode}, "_txlock": {"immediate"}, "_pragma": append([]string{fmt.Sprintf("busy_timeout(%d)", busyMillis)}, pragmas...)}
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: d.path}).EscapedPath(), RawQuery: q.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, d.explain(err)
	}
	return db, nil
}

func (d *sqliteDB) look(ctx context.Context) (*sql.DB, presence, error) {
	if p, err := sqliteFile(d.path); err != nil || p != present {
		return nil, p, err
	}
	db, err := d.open("rw")
	if err != nil {
		return nil, absent, err
	}
	p, err := d.identify(ctx, db)
	if err != nil || p != present {
		return nil, p, errors.Join(err, db.Close())
	}
	return db, p, nil
}

// lock: the directory is locked by [lockDir].
func (d *sqliteDB) lock(context.Context) (func() error, error) {
	return func() error { return nil }, nil
}

func (d *sqliteDB) create(context.Context) (*sql.DB, error) {
	if err := private.File(d.path, d.log); err != nil {
		return nil, fmt.Errorf("shard: %w", err)
	}
	return d.writable("rwc")
}

func (d *sqliteDB) schema() []string {
	return []string{
		"CREATE TABLE IF NOT EXISTS blog_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
		"CREATE TABLE IF NOT EXISTS blog_posts (id INTEGER PRIMARY KEY, author TEXT NOT NULL, text TEXT NOT NULL, key TEXT) STRICT",
		"CREATE INDEX IF NOT EXISTS blog_posts_author ON blog_posts (author, id)",
		"CREATE UNIQUE INDEX IF NOT EXISTS blog_posts_key ON blog_posts (author, key) WHERE key IS NOT NULL",
		fmt.Sprintf("PRAGMA application_id=%d", applicationID),
	}
}

// settled: the names of new files are durable when their directory is synced.
func (d *sqliteDB) settled() error {
	dir, err := os.Open(filepath.Dir(d.path))
	if err != nil {
		return fmt.Errorf("the blog's directory: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("syncing the blog's directory: %w", err)
	}
	return nil
}

func (d *sqliteDB) writer() (db *sql.DB, err error) {
	if d.file, err = os.Stat(d.path); err != nil {
		return nil, d.explain(err)
	}
	return d.writable("rw")
}

func (d *sqliteDB) writable(mode string) (*sql.DB, error) {
	// SQLite gives the -wal and the -shm the permissions of the database.
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := private.Restrict(d.path+suffix, d.log); err != nil {
			return nil, fmt.Errorf("shard: %w", err)
		}
	}
	db, err := d.open(mode, "journal_mode(WAL)", "synchronous(FULL)", "fullfsync(1)", fmt.Sprintf("wal_autocheckpoint(%d)", walPages))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func (d *sqliteDB) reader() (*sql.DB, error) {
	db, err := d.open("rw", "query_only(1)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(maxReaders)
	db.SetMaxIdleConns(maxReaders)
	db.SetConnMaxIdleTime(idleTime)
	return db, nil
}

func (d *sqliteDB) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithoutCancel(ctx), func() {}
}

func (d *sqliteDB) durable(ctx context.Context, tx *sql.Tx) error {
	var mode string
	var sync int
	if err := tx.QueryRowContext(ctx, "SELECT journal_mode,synchronous FROM pragma_journal_mode, pragma_synchronous").Scan(&mode, &sync); err != nil {
		return fmt.Errorf("reading the settings of durability: %w", err)
	}
	if mode != "wal" || sync != 2 {
		return fmt.Errorf("journal_mode is %q and synchronous %d, so commits would not be durable: is the file on a network or read-only file system?", mode, sync)
	}
	// What goes into a file without a name is gone with the process.
	if now, err := os.Stat(d.path); err != nil || !os.SameFile(now, d.file) {
		return fmt.Errorf("the file was removed or replaced while this process uses it (%v): stop it, put the file back, and start it again", err)
	}
	return nil
}

func (d *sqliteDB) insert(ctx context.Context, tx *sql.Tx, ops []*op) error {
	insert, err := tx.PrepareContext(ctx, sqlInsert)
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, o := range ops {
		res, err := insert.ExecContext(ctx, int64(o.id), o.post.User, o.post.Text, o.key())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		o.stored = n == 1
	}
	return nil
}

func (d *sqliteDB) byIDs() string {
	return "SELECT id,author,text FROM blog_posts WHERE id IN (SELECT value FROM json_each($1))"
}

// list is a JSON array.
func (d *sqliteDB) list(ids []int64) any {
	b := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(append(b, ']'))
}
