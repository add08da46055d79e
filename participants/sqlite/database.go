// Package sqlite holds the journal of a participant, and the tables of its resource, in
// one SQLite file. Nothing has to be installed, and one process writes it: what waits is
// committed in groups, with one sync of the disk for many branches.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"parley/internal/sqlitefile"
	"parley/participants/driver"
)

// FilesError reports that a file of an open journal was deleted or replaced. What was
// written since then is in a file without a name.
type FilesError = sqlitefile.FilesError

// WALError reports that the journal is not the file that the -wal next to it was
// written for: a backup was restored and the newer -wal left where it was, or another
// program changed the file.
type WALError = sqlitefile.WALError

// kind describes the files of journals.
var kind = sqlitefile.Kind{
	Noun:          "journal",
	ApplicationID: 0x5041524c, // "PARL"
	// About a second.
	QuickCheckBytes: 64 << 20,
	Backup:          "a backup of this very journal",
	Elsewhere:       "name another file",
	Lost: "Restore the journal from its newest backup, with this process stopped, before it is started again: " +
		"with an empty directory it would begin a new journal and forget the branches it had prepared",
}

// Database is an SQLite file that holds a journal. It implements
// [driver.Database].
type Database struct{ path string }

// File returns the database in a file, whose directory must exist. A file that does not
// exist is made, with a new journal and a new id.
func File(path string) Database { return Database{path} }

// Open implements [driver.Database].
func (d Database) Open(log *slog.Logger) (driver.Journal, error) {
	if d.path == "" {
		return nil, errors.New("the path of the journal is empty")
	}
	f, err := sqlitefile.New(d.path, kind, log)
	if err != nil {
		return nil, err
	}
	return &journal{File: f, log: log}, nil
}

// Tx implements [driver.Database].
func (Database) Tx(tx any) *Tx { return tx.(*Tx) }

// journal implements [driver.Journal]. Package sqlitefile makes a COMMIT durable, and a
// session that nothing but the committer's own COMMIT commits.
type journal struct {
	*sqlitefile.File
	log *slog.Logger
	// reader has two connections: a listing must not wait for the collector.
	reader *sql.DB
}

func (j *journal) Where() string { return j.Path() }

func (j *journal) Lock() (func() error, error) {
	unlock, err := sqlitefile.Lock(j.Path()+".lock", "journal "+j.Path(), "give this one a journal of its own and another participant name", j.log)
	if err != nil {
		return nil, err
	}
	if _, err := j.Prepare(true); err != nil {
		return nil, errors.Join(err, unlock())
	}
	j.reader = j.Reader(2)
	return func() error {
		err := j.reader.Close()
		j.Release()
		return errors.Join(err, unlock())
	}, nil
}

func (j *journal) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := connect(ctx, j.File)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (j *journal) Version(c driver.Conn) (int, error) {
	version, blank, err := j.Identify(c.(*conn).raw)
	switch {
	case err != nil || blank:
		return 0, err
	case version > driver.SchemaVersion:
		return 0, fmt.Errorf("journal %s has schema version %d, this build knows versions up to %d: run the newer build that made it",
			j.Path(), version, driver.SchemaVersion)
	default:
		return int(version), nil
	}
}

func (j *journal) Rows(ctx context.Context, query string, fn func(driver.Scanner) error, args ...any) error {
	return each(ctx, j.reader, query, fn, args...)
}

func (j *journal) Read(ctx context.Context, fn func(tx any) error) error {
	tx, err := j.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() // it has changed nothing
	return fn(&Tx{db: tx, by: byReader})
}

func (j *journal) Tend(c driver.Conn) error { return j.File.Tend(c.(*conn).checkpoint) }

func (j *journal) Finish(c driver.Conn) error {
	err := j.reader.Close()
	if c == nil {
		return errors.Join(err, j.File.Finish(nil))
	}
	return errors.Join(err, j.File.Finish(c.(*conn).checkpoint))
}

// checkpoint is a [sqlitefile.Checkpoint].
func (c *conn) checkpoint(mode string) (pages int64, err error) {
	var busy, copied int64
	err = c.Rows("PRAGMA wal_checkpoint("+mode+")", func(row driver.Scanner) error { return row.Scan(&busy, &pages, &copied) })
	return pages, err
}

func (*journal) Failed(err error) bool { return sqlitefile.Failed(err) }

func (*journal) NotCommitted(err error) bool {
	return errors.Is(err, driver.ErrLost) || sqlitefile.NotCommitted(err)
}
