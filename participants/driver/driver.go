// Package driver is what a database must offer to hold the journal of a participant.
// Packages sqlite and postgres implement it; a resource gets their transaction type.
package driver

import (
	"context"
	"errors"
	"log/slog"
)

// Database is a database that can hold a journal. T is the type of its transactions as
// resources see them.
type Database[T any] interface {
	// Open returns the journal. It opens nothing yet.
	Open(log *slog.Logger) (Journal, error)
	// Tx converts what [Conn.Migrate], [Conn.Call] and [Journal.Read] pass.
	Tx(tx any) T
}

// Journal is all that is particular to one kind of database: how to reach it, what its
// errors mean, and its SQL.
type Journal interface {
	// Where names the database in errors.
	Where() string
	// SQL is its SQL.
	SQL() *Statements
	// Lock claims the journal for this process, where only one may have it. unlock
	// returns it.
	Lock() (unlock func() error, err error)
	// Connect opens a connection for the committer, with the settings that durability
	// rests on made and checked.
	Connect(ctx context.Context) (Conn, error)
	// Version reads which schema the database has, 0 for an empty one. It is an error
	// for one that is something else, of a newer build, or damaged.
	Version(c Conn) (int, error)
	// Rows runs a query on durable data, on connections other than the committer's, and
	// calls fn with each row.
	Rows(ctx context.Context, query string, fn func(Scanner) error, args ...any) error
	// Read runs fn in a read-only transaction on such a connection.
	Read(ctx context.Context, fn func(tx any) error) error
	// Check returns an error if what is open is no longer what the journal's name leads
	// to: what is written from then on is lost. It may be called from any goroutine.
	Check() error
	// Failed reports whether an error is the database's and not that of the branch at
	// hand: no other branch would fare better.
	Failed(err error) bool
	// NotCommitted reports whether a failed COMMIT certainly changed nothing.
	NotCommitted(err error) bool
	// Tend keeps the files in order after commits.
	Tend(c Conn) error
	// Finish makes the files whole before the last connection, c, is closed, and closes
	// what reads. c is nil when a failure came before.
	Finish(c Conn) error
}

// ErrLost reports that the transaction ended without the committer.
var ErrLost = errors.New("the database rolled the transaction back")

// Conn is a connection that writes, used by one goroutine at a time.
type Conn interface {
	// Exec runs one of the journal's own statements and returns how many rows it
	// changed.
	Exec(query string, args ...any) (int64, error)
	// Rows runs one of the journal's own queries and calls fn with each row.
	Rows(query string, fn func(Scanner) error, args ...any) error
	// Begin, Commit and Rollback are the only transaction control.
	Begin() error
	Commit() error
	Rollback() error
	// Lost reports that the transaction ended in any other way.
	Lost() bool
	// Migrate runs a call of the resource that may change the schema.
	Migrate(fn func(tx any) error) error
	// Call runs a call of the resource, which may use the transaction until it returns.
	// wrote reports whether anything may have been written.
	Call(fn func(tx any) error) (wrote bool, err error)
	// Close closes the connection, which ends an open transaction. Abandon leaves it
	// open until the process ends.
	Close() error
	Abandon() error
}

// Scanner is one row of a query.
type Scanner interface{ Scan(dest ...any) error }

// One returns the first column of a query's last row, nil without a row.
func One(c Conn, query string, args ...any) (v any, err error) {
	err = c.Rows(query, func(row Scanner) error { return row.Scan(&v) }, args...)
	return v, err
}

// SchemaVersion is that of the journal's tables. A database from a newer build is
// refused; an older one will be migrated once there is one.
const SchemaVersion = 1

// The notes about replaced incarnations of the stream: the log's name follows.
// MetaReplacedEnd is greater than all of them.
const (
	MetaReplaced    = "incarnation:"
	MetaReplacedEnd = "incarnation;"
)

// Statements is the SQL of a journal.
type Statements struct {
	// Schema makes an empty database a journal of [SchemaVersion].
	Schema []string

	GetMeta, PutMeta string
	// MarkReplaced notes for every log with a branch in doubt, unless that was noted
	// before, which incarnation of the stream the log was in. Replaced reads these
	// notes, ForgetReplaced drops those of logs without a branch in doubt.
	MarkReplaced, Replaced, ForgetReplaced string
	// GreatestOpen is the greatest sequence at which a log with a branch in doubt was
	// opened, as far as its sequences count in the stream that is remembered now.
	GreatestOpen string

	Logs, AddLog, DropLog string

	// View finds a branch by id and the one that holds a key, ByID a branch.
	View, ByID string
	Insert     string
	// Commit and Abort move a branch that is prepared, Reclose one that is aborted.
	Commit, Abort, Reclose string
	Prepared               string

	AddViolation, DropViolation, TrimViolations string

	// List* are for people, with the name of the log beside the branch.
	ListID, ListKey, ListPrepared, CountPrepared, ListViolations string
	// ListPreparedFrom and CountPreparedFrom are in the order of ids, from one on.
	ListPreparedFrom, CountPreparedFrom, CountViolations string
	// HasFinished and AddFinished bring a journal of an older build up to date.
	HasFinished, AddFinished string
	// Span finds rows to collect, Age gives an open time to those without one,
	// Greatest is the mark of those that Collect removes.
	Span, Age, Greatest, Collect string
}
