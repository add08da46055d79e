// Package journal changes journals of participants behind their backs, as a person
// with the sqlite3 shell does, also while a participant runs.
package journal

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"

	_ "modernc.org/sqlite" // the format of journals
)

// open waits for as long as a participant may hold a lock.
func open(path string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(60000)")
}

// Exec runs a statement.
func Exec(ctx context.Context, path, query string, args ...any) error {
	db, err := open(path)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, query, args...)
	return errors.Join(err, db.Close())
}

// Backup copies a journal to a file that does not exist.
func Backup(ctx context.Context, path, to string) error { return Exec(ctx, path, "VACUUM INTO ?", to) }

// Restore puts a backup in the place of a journal whose participant is stopped.
func Restore(path, backup string) error {
	data, err := os.ReadFile(backup)
	if err != nil {
		return err
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.WriteFile(path, data, 0o600)
}

// Lock holds the write lock until it is undone.
func Lock(ctx context.Context, path string) (undo func() error, err error) {
	db, err := open(path)
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return nil, errors.Join(err, conn.Close(), db.Close())
	}
	return func() error {
		_, err := conn.ExecContext(ctx, "ROLLBACK")
		return errors.Join(err, conn.Close(), db.Close())
	}, nil
}

// Broken is the error of every change of a table that [Break] has broken.
const Broken = "broken by a test"

// Break makes every change of a table fail.
func Break(ctx context.Context, path, table string) error {
	return Exec(ctx, path, "CREATE TRIGGER broken BEFORE UPDATE ON "+table+" BEGIN SELECT RAISE(ABORT, '"+Broken+"'); END")
}

// Mend undoes Break.
func Mend(ctx context.Context, path string) error { return Exec(ctx, path, "DROP TRIGGER broken") }
