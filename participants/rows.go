package participants

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// Row is the row of [Tx.QueryRow].
type Row struct {
	rows *Rows
	err  error
}

// Scan copies the row into dest as [Rows.Scan] does and ends the query.
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if r.rows.Next() {
		return r.rows.Scan(dest...)
	}
	if err := r.rows.Err(); err != nil {
		return err
	}
	return sql.ErrNoRows
}

// Rows are the rows of a query.
type Rows struct {
	stmt *stmt
	rows driver.Rows
	row  []driver.Value
	err  error
}

// Next moves to the next row and reports whether there is one.
func (r *Rows) Next() bool {
	if r.rows == nil || r.err != nil {
		return false
	}
	if err := r.rows.Next(r.row); err != nil {
		if !errors.Is(err, io.EOF) {
			r.err = err
		}
		return false
	}
	return true
}

// Err is what ended the rows before their end, if anything did.
func (r *Rows) Err() error { return r.err }

// Scan copies the present row into dest: pointers to int64, int, float64,
// bool, string, []byte, any, or a [sql.Scanner].
func (r *Rows) Scan(dest ...any) error {
	if len(dest) != len(r.row) {
		return fmt.Errorf("scanning %d columns into %d destinations", len(r.row), len(dest))
	}
	for i, d := range dest {
		if err := assign(d, r.row[i]); err != nil {
			return fmt.Errorf("scanning column %d: %w", i+1, err)
		}
	}
	return nil
}

// Close ends the query. It may be called twice.
func (r *Rows) Close() {
	if r.rows != nil {
		_ = r.rows.Close()
		r.rows = nil
		r.stmt.release()
	}
}

func assign(dest any, v driver.Value) error {
	switch d := dest.(type) {
	case *any:
		*d = v
		return nil
	case sql.Scanner:
		return d.Scan(v)
	case *int64:
		if n, ok := v.(int64); ok {
			*d = n
			return nil
		}
	case *int:
		if n, ok := v.(int64); ok {
			*d = int(n)
			return nil
		}
	case *bool:
		switch n := v.(type) {
		case int64:
			*d = n != 0
			return nil
		case bool:
			*d = n
			return nil
		}
	case *float64:
		switch n := v.(type) {
		case float64:
			*d = n
			return nil
		case int64:
			*d = float64(n)
			return nil
		}
	case *string:
		switch s := v.(type) {
		case string:
			*d = s
			return nil
		case []byte:
			*d = string(s)
			return nil
		}
	case *[]byte:
		switch s := v.(type) {
		case nil:
			*d = nil
			return nil
		case string:
			*d = []byte(s)
			return nil
		case []byte:
			*d = s
			return nil
		}
	}
	return fmt.Errorf("cannot put %T into %T", v, dest)
}
