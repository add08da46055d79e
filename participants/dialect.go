package participants

import (
	"context"
	"database/sql"
)

// dialect is all that is particular to one kind of database: how to reach it,
// what its errors mean, and its SQL.
type dialect interface {
	// lock claims the journal for this process, where only one may have it.
	// unlock gives it back.
	lock() (unlock func() error, err error)
	// connect opens a connection for the committer, with the settings that
	// durability rests on made and checked.
	connect(ctx context.Context) (*conn, error)
	// reader opens what Read and the listings use.
	reader() *sql.DB
	// Check returns an error if what is open is no longer what the journal's name leads
	// to. It may be called from any goroutine.
	Check() error
	// version reads which schema the database has, 0 for an empty one. It is an
	// error for one that is something else, of a newer build, or damaged.
	version(c *conn) (int, error)
	// storeFailed reports whether an error is the database's and not that of
	// the branch at hand: no other branch would fare better.
	storeFailed(err error) bool
	// notCommitted reports whether a failed COMMIT certainly changed nothing.
	notCommitted(err error) bool
	// tend keeps the files in order after commits.
	// finish makes them whole before the last connection, c, is closed. c is nil
	// when a failure came before.
	tend(c *conn) error
	finish(c *conn) error
	// sql is its SQL.
	sql() *statements
	// where names the database in errors.
	where() string
}

// statements is the SQL of a journal.
type statements struct {
	// schema makes an empty database a journal of schemaVersion.
	schema []string
	begin  string

	getMeta, putMeta string
	// markReplaced notes for every log with a branch in doubt, unless that was
	// noted before, which incarnation of the stream the log was in. replaced reads
	// these notes, forgetReplaced drops those of logs without a branch in doubt.
	markReplaced, replaced, forgetReplaced string
	// greatestOpen is the greatest sequence at which a log with a branch in doubt was
	// opened, as far as its sequences count in the stream that is remembered now.
	greatestOpen string

	logs, addLog, dropLog string

	// view finds a branch by id and the one that holds a key, byID a branch.
	view, byID string
	insert     string
	// commit and abort move a branch that is prepared, reclose one that is
	// aborted.
	commit, abort, reclose string
	prepared               string

	addViolation, dropViolation, trimViolations string

	// list* are for people, with the name of the log beside the branch.
	listID, listKey, listPrepared, countPrepared, listViolations string
	// listPreparedFrom and countPreparedFrom are in the order of ids, from one on.
	listPreparedFrom, countPreparedFrom, countViolations string
	// hasFinished and addFinished bring a journal of an older build up to date.
	hasFinished, addFinished string
	// span finds rows to collect, age gives an open time to those without one,
	// greatest is the mark of those that collect removes.
	span, age, greatest, collect string
}

// schemaVersion is that of the journal's tables. A database from a newer
// build is refused; an older one will be migrated here once there is one.
const schemaVersion = 1
