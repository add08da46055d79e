package sqlite

import (
	"context"
	"database/sql"
)

// Tx is the local database transaction as a resource sees it, with the types and methods
// of database/sql, so that generated code and mappers run on it. It is valid during one
// call of one method of a resource.
//
// Statements are prepared once per connection and kept, so pass values as arguments.
// Those that control transactions or the connection are refused, since other branches
// share the transaction; those that change the schema belong into Migrate; the journal's
// own tables can be read only. A context that is done is noticed before a statement
// starts and never interrupts one. Rows that are open when the call ends are closed.
type Tx struct {
	db queryer
	// by determines which SQL may run here.
	by author
	// wrote: something was changed, or may have been.
	wrote bool
	// open are rows, and prepared statements, to be closed when the call ends.
	open     []*rows
	prepared []*sql.Stmt
}

// queryer is a connection or transaction of database/sql.
type queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// context is that of a statement.
func (tx *Tx) context(ctx context.Context) context.Context {
	if tx.by == byReader {
		return ctx
	}
	return txContext{ctx, tx}
}

// ExecContext runs statements.
func (tx *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return tx.db.ExecContext(tx.context(ctx), query, args...)
}

// QueryContext runs a statement that returns rows.
func (tx *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.db.QueryContext(tx.context(ctx), query, args...)
}

// QueryRowContext runs a statement that returns one row; no row is [sql.ErrNoRows] from
// Scan.
func (tx *Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return tx.db.QueryRowContext(tx.context(ctx), query, args...)
}

// PrepareContext returns a statement that can be used until the call ends.
func (tx *Tx) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	stmt, err := tx.db.PrepareContext(tx.context(ctx), query)
	if err == nil {
		tx.prepared = append(tx.prepared, stmt)
	}
	return stmt, err
}

// Changed returns how many rows a statement inserted, changed or deleted:
//
//	n, err := sqlite.Changed(tx.ExecContext(ctx, "UPDATE seats SET taken=1 WHERE seat=? AND taken=0", seat))
func Changed(res sql.Result, err error) (rows int64, _ error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
