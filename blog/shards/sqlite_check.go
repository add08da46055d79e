package shards

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"parley/internal/sqlitefile"

	sqlite3 "modernc.org/sqlite/lib"
)

// quickCheckBytes is up to which size a file is checked whole at start: about a
// tenth of a second.
const quickCheckBytes = 8 << 20

// lockDir keeps every other process out of a directory of shards for as long as
// this one lives.
func lockDir(dir string, log *slog.Logger) (unlock func() error, err error) {
	return sqlitefile.Lock(filepath.Join(dir, "shards.lock"), "the blog in "+dir, "give this one a directory of its own", log)
}

// sqliteFile reads what is in a file from its first bytes, more clearly than SQLite
// does. It must not look at a file that this process has open already: closing
// a file gives up every POSIX lock that the process has on it.
func sqliteFile(path string) (presence, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return absent, nil
	}
	if err != nil {
		return absent, fmt.Errorf("shard %s: %w", path, err)
	}
	defer f.Close()
	magic := []byte("SQLite format 3\x00")
	head := make([]byte, len(magic))
	switch n, err := io.ReadFull(f, head); {
	case errors.Is(err, io.EOF):
		// The first pages may be in the log still.
		if _, err := os.Stat(path + "-wal"); err == nil {
			return present, nil
		}
		return blank, nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return absent, fmt.Errorf("reading shard %s: %w", path, err)
	case !bytes.Equal(head[:n], magic):
		return absent, fmt.Errorf("shard %s is not an SQLite database, or its first bytes are damaged: restore it from a backup of this blog", path)
	}
	return present, nil
}

// identify reads whose file it is, before anything is changed in it.
func (d *sqliteDB) identify(ctx context.Context, db *sql.DB) (presence, error) {
	var tables, app int64
	err := db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM sqlite_schema), application_id FROM pragma_application_id").Scan(&tables, &app)
	switch {
	case err != nil:
		return absent, d.explain(err)
	case tables == 0:
		return blank, nil
	case app != applicationID:
		return absent, fmt.Errorf("%s is an SQLite database of another program (its application_id is %d): move it away, or name another directory", d.path, app)
	}
	return present, d.quickCheck(ctx, db)
}

func (d *sqliteDB) quickCheck(ctx context.Context, db *sql.DB) error {
	info, err := os.Stat(d.path)
	if err != nil || info.Size() > quickCheckBytes {
		return err
	}
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return d.explain(err)
	}
	if said != "ok" {
		return d.damaged(errors.New(said))
	}
	return nil
}

func (d *sqliteDB) damaged(err error) error {
	return fmt.Errorf("shard %s is damaged: %w: restore it from a backup of this blog, or see what sqlite3 .recover saves", d.path, err)
}

func (d *sqliteDB) explain(err error) error {
	switch sqlitefile.Code(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return d.damaged(err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("shard %s: no space left: make space on that disk: %w", d.path, err)
	case sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("shard %s: %w: it must be there, and this process must be able to make files beside it", d.path, err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("shard %s: %w: this process must be able to write the file and to make others beside it", d.path, err)
	default:
		return fmt.Errorf("shard %s: %w", d.path, err)
	}
}

// storeFailed: what a row can be guilty of is a constraint, or its size.
func (d *sqliteDB) storeFailed(err error) bool {
	switch sqlitefile.Code(err) {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_ERROR:
		return false
	default:
		return true
	}
}

// notCommitted: the driver rolls back what COMMIT left open. A full disk is
// found before the last frame is written, without which the others count for
// nothing. After a failed sync that frame stands in the file, so if the process
// dies before it is overwritten the transaction is found there.
func (d *sqliteDB) notCommitted(err error) bool {
	switch sqlitefile.Code(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CONSTRAINT:
		return true
	default:
		return false
	}
}
