package participants

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// Tx is the local database transaction as a resource sees it. It is valid
// during one call of one [Resource] method and in that call's goroutine.
//
// Statements are prepared once per connection and kept, so pass values as
// arguments. One statement a call; those that control transactions or the
// connection are refused, since other branches share the transaction, and
// those that change the schema belong into Migrate. A context that is done is
// noticed before a statement starts and never interrupts one.
type Tx struct {
	conn *conn
	// by determines which SQL may run here.
	by author
	// wrote: something was changed, or may have been.
	wrote bool
	// triggers: changes may have been made that are not counted.
	triggers bool
	open     []*Rows
	ended    bool
}

var errTxEnded = errors.New("the transaction was used after the call it was given to had returned")

// Exec runs one statement and returns how many rows it inserted, changed or
// deleted.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (changed int64, err error) {
	values, err := tx.values(ctx, args)
	if err != nil {
		return 0, err
	}
	changed, err = tx.conn.execAs(tx.by, query, values)
	if changed > 0 || tx.triggers {
		tx.wrote = true
	}
	return changed, err
}

// Query runs one statement that returns rows. Rows still open when the call
// ends are closed.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	values, err := tx.values(ctx, args)
	if err != nil {
		return nil, err
	}
	s, err := tx.conn.prepare(query, tx.by)
	if err != nil {
		return nil, err
	}
	if !s.reads {
		tx.wrote = true
	}
	rows, err := s.query.QueryContext(context.Background(), tx.conn.named(values))
	if err != nil {
		s.release()
		return nil, err
	}
	s.busy = true
	r := &Rows{stmt: s, rows: rows, row: make([]driver.Value, len(rows.Columns()))}
	tx.open = append(tx.open, r)
	return r, nil
}

// QueryRow runs a statement that returns one row; no row is [sql.ErrNoRows]
// from Scan.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *Row {
	r, err := tx.Query(ctx, query, args...)
	return &Row{rows: r, err: err}
}

// end makes tx unusable and closes what was left open.
func (tx *Tx) end() {
	for _, r := range tx.open {
		r.Close()
	}
	tx.open, tx.ended = nil, true
}

func (tx *Tx) values(ctx context.Context, args []any) ([]driver.Value, error) {
	if tx.ended {
		return nil, errTxEnded
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if tx.conn.lost {
		return nil, errLost
	}
	values := make([]driver.Value, len(args))
	for i, a := range args {
		v, err := value(a)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		values[i] = v
	}
	return values, nil
}

// value converts what is usual without reflection.
func value(a any) (driver.Value, error) {
	switch a := a.(type) {
	case nil, int64, string, []byte, bool, float64:
		return a, nil
	case int:
		return int64(a), nil
	default:
		return driver.DefaultParameterConverter.ConvertValue(a)
	}
}
