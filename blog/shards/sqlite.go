package shards

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"parley/internal/sqlitefile"
	"parley/wire/blogwire"

	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteDB is the dialect of the embedded SQLite: one file a shard. Package
// sqlitefile makes a COMMIT durable. Statements of a write are never interrupted:
// that rolls the whole transaction back, and what followed would commit by itself.
type sqliteDB struct {
	*sqlitefile.File
	exists bool
}

// shardKind describes the files of shards.
var shardKind = sqlitefile.Kind{
	Noun:            "shard",
	ApplicationID:   0x50424c47, // "PBLG"
	QuickCheckBytes: 8 << 20,    // about a tenth of a second
	Backup:          "a backup of this blog",
	Elsewhere:       "move it away, or name another directory",
	Lost:            "Put it back, or stop the blog and restore the shard from a backup of this blog",
}

// maxReaders bounds the connections that read from one file. Reading is bound by the
// processor; more of them only take memory, up to 2 MB each.
const maxReaders = 4

// shardFile is the name of a shard's file.
func shardFile(dir string, i int) string { return filepath.Join(dir, fmt.Sprintf("shard-%04d.db", i)) }

// shardFiles counts the shards in dir up to the highest that has a file.
func shardFiles(dir string) int {
	for n := blogwire.MaxShards; n > 0; n-- {
		if _, err := os.Lstat(shardFile(dir, n-1)); err == nil {
			return n
		}
	}
	return 0
}

func openSQLite(path string, log *slog.Logger) (*shard, error) {
	f, err := sqlitefile.New(path, shardKind, log)
	if err != nil {
		return nil, err
	}
	exists, err := f.Prepare(false)
	if err != nil {
		return nil, err
	}
	sh := &shard{dialect: &sqliteDB{f, exists}, w: sql.OpenDB(f), r: f.Reader(maxReaders)}
	sh.w.SetMaxOpenConns(1)
	sh.r.SetMaxIdleConns(maxReaders)
	sh.r.SetConnMaxIdleTime(idleTime)
	return sh, nil
}

func (d *sqliteDB) where() string { return d.Path() }

func (d *sqliteDB) find(ctx context.Context, w *sql.DB) (p presence, err error) {
	if !d.exists {
		return absent, nil
	}
	conn, err := w.Conn(ctx)
	if err != nil {
		return absent, err
	}
	defer conn.Close()
	err = conn.Raw(func(raw any) error {
		_, isBlank, err := d.Identify(raw.(driver.Conn))
		if p = present; isBlank {
			p = blank
		}
		return err
	})
	return p, err
}

// lock: the directory is locked.
func (d *sqliteDB) lock(context.Context, *sql.DB) (func(), error) { return func() {}, nil }

func (d *sqliteDB) create() (err error) {
	if !d.exists {
		d.exists, err = d.Prepare(true)
	}
	return err
}

func (d *sqliteDB) schema() []string {
	return []string{
		"CREATE TABLE IF NOT EXISTS blog_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
		"CREATE TABLE IF NOT EXISTS blog_posts (id INTEGER PRIMARY KEY, author TEXT NOT NULL, text TEXT NOT NULL, key TEXT) STRICT",
		sqlAuthorIndex, sqlKeyIndex,
		fmt.Sprintf("PRAGMA application_id=%d", shardKind.ApplicationID),
	}
}

func (d *sqliteDB) insert(ctx context.Context, tx *sql.Tx, ops []*op) error {
	stmt, err := tx.PrepareContext(ctx, "INSERT INTO blog_posts (id,author,text,key) VALUES ($1,$2,$3,$4) ON CONFLICT DO NOTHING")
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, o := range ops {
		res, err := stmt.ExecContext(ctx, int64(o.id), o.post.User, o.post.Text, o.key())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		o.inserted = n == 1
	}
	return nil
}

func (d *sqliteDB) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithoutCancel(ctx), func() {}
}

// durable: what is written to a file without a name is lost with the process.
func (d *sqliteDB) durable(context.Context, *sql.Tx) error { return d.Check() }

func (d *sqliteDB) tend(w *sql.DB) error { return d.Tend(checkpoint(w)) }

func (d *sqliteDB) close(w, r *sql.DB) error {
	defer d.Release()
	return errors.Join(r.Close(), d.Finish(checkpoint(w)), w.Close())
}

func checkpoint(w *sql.DB) sqlitefile.Checkpoint {
	return func(mode string) (pages int64, err error) {
		var busy, copied int64
		err = w.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &copied)
		return pages, err
	}
}

func (d *sqliteDB) storeFailed(err error) bool {
	return sqlitefile.Code(err) == 0 || sqlitefile.Failed(err)
}

// notCommitted: a full disk is found before the last frame is written, without which
// the others are ignored.
func (d *sqliteDB) notCommitted(err error) bool {
	code := sqlitefile.Code(err)
	return sqlitefile.NotCommitted(err) || code == sqlite3.SQLITE_FULL || code == sqlite3.SQLITE_BUSY
}

func (d *sqliteDB) explain(err error) error {
	if strings.Contains(err.Error(), d.Path()) {
		return err // explained by package sqlitefile
	}
	return d.Explain(err)
}
