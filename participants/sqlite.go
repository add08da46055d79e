package participants

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"parley/internal/sqlitefile"
)

// FilesError reports that a file of an open journal was deleted or replaced. What was
// written since then is in a file without a name.
type FilesError = sqlitefile.FilesError

// WALError reports that the journal is not the file that the -wal next to it was
// written for: a backup was restored and the newer -wal left where it was, or another
// program changed the file.
type WALError = sqlitefile.WALError

// checkFilesEvery is how often the journal's files are compared with those that are
// open. What is written in between is lost with them.
const checkFilesEvery = time.Second

// journalKind describes the files of journals.
var journalKind = sqlitefile.Kind{
	Noun:          "journal",
	ApplicationID: 0x5041524c, // "PARL"
	// About a second.
	QuickCheckBytes: 64 << 20,
	Backup:          "a backup of this very journal",
	Elsewhere:       "name another file",
	Lost: "Restore the journal from its newest backup, with this process stopped, before it is started again: " +
		"with an empty directory it would begin a new journal and forget the branches it had prepared",
}

// sqliteDB is the dialect of the embedded SQLite. Package sqlitefile makes a COMMIT
// durable, and a session that nothing but the committer's own COMMIT commits.
type sqliteDB struct {
	*sqlitefile.File
	log *slog.Logger
}

func openSQLite(path string, log *slog.Logger) (*sqliteDB, error) {
	f, err := sqlitefile.New(path, journalKind, log)
	if err != nil {
		return nil, err
	}
	return &sqliteDB{f, log}, nil
}

func (d *sqliteDB) where() string { return d.Path() }

func (d *sqliteDB) lock() (func() error, error) {
	unlock, err := sqlitefile.Lock(d.Path()+".lock", "journal "+d.Path(), "give this one a journal of its own and another participant name", d.log)
	if err != nil {
		return nil, err
	}
	if _, err := d.Prepare(true); err != nil {
		return nil, errors.Join(err, unlock())
	}
	return func() error {
		d.Release()
		return unlock()
	}, nil
}

func (d *sqliteDB) connect(ctx context.Context) (*conn, error) {
	return connect(ctx, d.File)
}

func (d *sqliteDB) version(c *conn) (int, error) {
	version, blank, err := d.Identify(c.raw)
	switch {
	case err != nil || blank:
		return 0, err
	case version > schemaVersion:
		return 0, fmt.Errorf("journal %s has schema version %d, this build knows versions up to %d: run the newer build that made it", d.Path(), version, schemaVersion)
	default:
		return int(version), nil
	}
}

// reader has two connections: a listing must not wait for the collector.
func (d *sqliteDB) reader() *sql.DB { return d.Reader(2) }

func (d *sqliteDB) tend(c *conn) error { return d.Tend(c.checkpoint) }

func (d *sqliteDB) finish(c *conn) error {
	if c == nil {
		return d.Finish(nil)
	}
	return d.Finish(c.checkpoint)
}

// checkpoint is a [sqlitefile.Checkpoint].
func (c *conn) checkpoint(mode string) (pages int64, err error) {
	var busy, copied int64
	err = c.rows("PRAGMA wal_checkpoint("+mode+")", func(row scanner) error { return row.Scan(&busy, &pages, &copied) })
	return pages, err
}

func (d *sqliteDB) storeFailed(err error) bool { return sqlitefile.Failed(err) }

func (d *sqliteDB) notCommitted(err error) bool {
	return errors.Is(err, errLost) || sqlitefile.NotCommitted(err)
}
