package participants

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// maxStatements bounds the prepared statements kept per connection. The
// journal has about twenty and a resource a few more; those of a resource that builds
// SQL from values are unbounded, so statements beyond this are prepared each time.
const maxStatements = 256

// conn is the committer's connection, used by one goroutine at a time. It is
// the driver's own and not a [sql.Conn]: the pure Go SQLite spends as long in
// database/sql as in itself on statements this small.
type conn struct {
	raw   driver.Conn
	stmts map[string]*stmt
	// args is reused by each call: a driver must not retain it.
	args []driver.NamedValue
	// committing is set around the committer's own COMMIT, and inTx between
	// its BEGIN and that. The dialect lets nothing else commit.
	committing, inTx bool
	// lost is set by the dialect when the transaction ended in any other way.
	lost bool
	// onClose undoes what the dialect attached.
	onClose func()
}

// stmt is a prepared statement.
type stmt struct {
	driver.Stmt
	exec  driver.StmtExecContext
	query driver.StmtQueryContext
	// busy is set while its rows are being read.
	busy bool
	kept bool
	// by is the author for which it was checked last.
	by author
	// reads reports that it certainly changes nothing.
	reads bool
}

var errLost = errors.New("the database rolled the transaction back")

func newConn(raw driver.Conn) *conn {
	return &conn{raw: raw, stmts: make(map[string]*stmt)}
}

// prepare returns a kept or new statement for an author. It is checked for each author,
// since the journal's COMMIT is among the kept statements, and a resource must not run
// it.
func (c *conn) prepare(query string, by author) (*stmt, error) {
	s := c.stmts[query]
	if s == nil || s.by != by {
		if err := by.check(query); err != nil {
			return nil, err
		}
	}
	if s != nil && !s.busy {
		s.by = by
		return s, nil
	}
	raw, err := c.raw.Prepare(query)
	if err != nil {
		return nil, fmt.Errorf("preparing %.200q: %w", query, err)
	}
	made := &stmt{Stmt: raw, exec: raw.(driver.StmtExecContext), query: raw.(driver.StmtQueryContext), by: by, reads: readsOnly(query)}
	if s == nil && len(c.stmts) < maxStatements {
		made.kept = true
		c.stmts[query] = made
	}
	return made, nil
}

// release ends the use of a statement.
func (s *stmt) release() {
	s.busy = false
	if !s.kept {
		_ = s.Close()
	}
}

// exec runs one of the journal's own statements and returns how many rows it
// changed.
func (c *conn) exec(query string, args ...driver.Value) (int64, error) {
	return c.execAs(byJournal, query, args)
}

func (c *conn) execAs(by author, query string, args []driver.Value) (int64, error) {
	s, err := c.prepare(query, by)
	if err != nil {
		return 0, err
	}
	defer s.release()
	// Never a context that can be cancelled: an interrupted statement rolls back the
	// whole group.
	res, err := s.exec.ExecContext(context.Background(), c.named(args))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// rows runs one of the journal's own queries and calls fn with each row, whose
// values are valid only during the call.
func (c *conn) rows(query string, fn func([]driver.Value) error, args ...driver.Value) error {
	s, err := c.prepare(query, byJournal)
	if err != nil {
		return err
	}
	defer s.release()
	rows, err := s.query.QueryContext(context.Background(), c.named(args))
	if err != nil {
		return err
	}
	defer rows.Close()
	dest := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(dest); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := fn(dest); err != nil {
			return err
		}
	}
}

func (c *conn) named(args []driver.Value) []driver.NamedValue {
	c.args = c.args[:0]
	for i, a := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return c.args
}

// begin, commit and rollback are the only transaction control.
func (c *conn) begin(query string) error {
	_, err := c.exec(query)
	c.inTx, c.lost = err == nil, false
	return err
}

func (c *conn) commit() error {
	if c.lost {
		return errLost
	}
	c.committing = true
	_, err := c.exec("COMMIT")
	c.committing, c.inTx = false, false
	return err
}

func (c *conn) rollback() error {
	c.inTx = false
	_, err := c.exec("ROLLBACK")
	return err
}

// one returns the first value of a query's last row, nil without a row.
func (c *conn) one(query string, args ...driver.Value) (v driver.Value, err error) {
	err = c.rows(query, func(row []driver.Value) error {
		v = row[0]
		return nil
	}, args...)
	return v, err
}

// close closes the connection, which ends an open transaction.
func (c *conn) close() error {
	c.inTx = false
	if c.onClose != nil {
		c.onClose()
	}
	for _, s := range c.stmts {
		_ = s.Close()
	}
	return c.raw.Close()
}
