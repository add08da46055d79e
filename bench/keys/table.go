package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver that Parley's participants use
)

const (
	// pageBytes is SQLite's default.
	pageBytes = 4096
	// logPages is at which length the log is copied back into the table, as
	// Parley's own roles set it.
	logPages = 8000
	// bodyBytes is the payload of a row: a short post.
	bodyBytes = 100
	// samples is how many keys of a table are kept to read them again.
	samples = 1000
)

// table is a database file with one table of rows under one kind of key, and
// the cost of its rows.
type table struct {
	kind kind
	path string
	db   *sql.DB
	// conn is the one connection, whose page cache is part of what is measured.
	conn   *sql.Conn
	insert *sql.Stmt

	keys   source
	random *rand.Rand
	rows   int
	sample []any

	spent
	// frames is how many pages the log holds, and most at which of them it is
	// copied back.
	frames, most int
}

// openTable makes an empty table in dir. It is as durable as Parley's own: a
// log that is synced at every commit.
func openTable(ctx context.Context, dir string, k kind, cacheMB int, seed uint64) (t *table, err error) {
	t = &table{
		kind: k, path: filepath.Join(dir, k.name+".sqlite"), most: logPages,
		keys: k.keys(seed), random: rand.New(newRandom(seed + 1)),
	}
	query := url.Values{"_pragma": {
		fmt.Sprintf("page_size(%d)", pageBytes), "journal_mode(WAL)", "synchronous(FULL)",
		fmt.Sprintf("cache_size(%d)", -cacheMB<<10), // negative: in KB
		// Checkpoints are run explicitly, to count the pages of the log.
		"wal_autocheckpoint(0)",
	}}
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: t.path}).EscapedPath(), RawQuery: query.Encode()}
	if t.db, err = sql.Open("sqlite", dsn.String()); err != nil {
		return nil, fmt.Errorf("opening %s: %w", t.path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("preparing %s: %w", t.path, err), t.close())
		}
	}()
	if t.conn, err = t.db.Conn(ctx); err != nil {
		return nil, err
	}
	if err = t.settings(ctx); err != nil {
		return nil, err
	}
	create := fmt.Sprintf("CREATE TABLE post (id %s NOT NULL PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL) %s", k.column, k.form)
	if _, err = t.conn.ExecContext(ctx, create); err != nil {
		return nil, err
	}
	t.insert, err = t.conn.PrepareContext(ctx, "INSERT INTO post (id, at, body) VALUES (?, ?, ?)")
	return t, err
}

// settings checks that the database has the settings that the figures assume.
func (t *table) settings(ctx context.Context) error {
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "page_size": fmt.Sprint(pageBytes)} {
		var got string
		if err := t.conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s is %s, it must be %s", pragma, got, want)
		}
	}
	return nil
}

// bytes is the size of the database file.
func (t *table) bytes() (int64, error) {
	info, err := os.Stat(t.path)
	if err != nil {
		return 0, fmt.Errorf("weighing %s: %w", t.path, err)
	}
	return info.Size(), nil
}

// close lets the database go; its files stay.
func (t *table) close() error {
	var errs []error
	if t.insert != nil {
		errs = append(errs, t.insert.Close())
	}
	if t.conn != nil {
		errs = append(errs, t.conn.Close())
	}
	return errors.Join(append(errs, t.db.Close())...)
}
