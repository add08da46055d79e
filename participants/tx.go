package participants

import (
	"context"
	"database/sql"
)

// Tx is the local database transaction as a resource sees it, with the types and methods
// of database/sql, so that generated code and mappers run on it. It is valid during one
// call of one [Resource] method.
//
// Statements are prepared once per connection and kept, so pass values as arguments.
// Those that control transactions or the connection are refused, since other branches
// share the transaction; those that change the schema belong into Migrate; the journal's
// own tables can be read only. A context that is done is noticed before a statement
// starts and never interrupts one. Rows that are open when the call ends are closed.
type Tx struct {
	conn *sql.Conn
	// by determines which SQL may run here.
	by author
	// wrote: something was changed, or may have been.
	wrote bool
	// open are rows, and prepared statements, to be closed when the call ends.
	open     []*rows
	prepared []*sql.Stmt
}

// ExecContext runs statements.
func (tx *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return tx.conn.ExecContext(txContext{ctx, tx}, query, args...)
}

// QueryContext runs a statement that returns rows.
func (tx *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.conn.QueryContext(txContext{ctx, tx}, query, args...)
}

// QueryRowContext runs a statement that returns one row; no row is [sql.ErrNoRows] from
// Scan.
func (tx *Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return tx.conn.QueryRowContext(txContext{ctx, tx}, query, args...)
}

// PrepareContext returns a statement that can be used until the call ends.
func (tx *Tx) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	stmt, err := tx.conn.PrepareContext(txContext{ctx, tx}, query)
	if err == nil {
		tx.prepared = append(tx.prepared, stmt)
	}
	return stmt, err
}

// Changed returns how many rows a statement inserted, changed or deleted:
//
//	n, err := participants.Changed(tx.ExecContext(ctx, "UPDATE seats SET taken=1 WHERE seat=? AND taken=0", seat))
func Changed(res sql.Result, err error) (rows int64, _ error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
