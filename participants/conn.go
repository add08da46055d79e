package participants

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// conn is the committer's connection, used by one goroutine at a time.
type conn struct {
	*session
	db  *sql.DB
	sql *sql.Conn
	// args is reused by each call: a driver must not retain it.
	args []driver.NamedValue
}

// connect opens a connection with a connector.
func connect(ctx context.Context, connector driver.Connector) (*conn, error) {
	raw, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	s, err := newSession(raw)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	c := &conn{session: s, db: sql.OpenDB(oneConn{connector, s})}
	if c.sql, err = c.db.Conn(context.Background()); err != nil {
		return nil, errors.Join(err, c.db.Close())
	}
	return c, nil
}

// oneConn is a connector of one connection.
type oneConn struct {
	driver.Connector
	session *session
}

func (o oneConn) Connect(context.Context) (driver.Conn, error) { return o.session, nil }

// exec runs one of the journal's own statements and returns how many rows it changed.
func (c *conn) exec(query string, args ...any) (int64, error) {
	// database/sql would add a third to the cost of statements this small.
	c.args = c.args[:0]
	for i, a := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return Changed(c.ExecContext(context.Background(), query, c.args))
}

// scanner is one row of a query.
type scanner interface{ Scan(dest ...any) error }

// rows runs one of the journal's own queries and calls fn with each row.
func (c *conn) rows(query string, fn func(row scanner) error, args ...any) error {
	rows, err := c.sql.QueryContext(context.Background(), query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// one returns the first column of a query's last row, nil without a row.
func (c *conn) one(query string, args ...any) (v any, err error) {
	err = c.rows(query, func(row scanner) error { return row.Scan(&v) }, args...)
	return v, err
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

// call runs a call of the resource, which may use the transaction until it returns.
func (c *conn) call(by author, fn func(*Tx) error) (wrote bool, err error) {
	tx := &Tx{conn: c.sql, by: by}
	c.start(tx)
	defer func() {
		for _, s := range tx.prepared {
			_ = s.Close()
		}
		c.end(tx)
		wrote = tx.wrote
	}()
	return false, fn(tx)
}

// abandon leaves the connection open, without what database/sql runs for it.
func (c *conn) abandon() error { return c.db.Close() }

// close closes the connection, which ends an open transaction. It does not close the
// [sql.Conn], which would wait for rows that the resource has not closed.
func (c *conn) close() error {
	if err := errors.Join(c.session.Close(), c.db.Close()); err != nil {
		return fmt.Errorf("closing the connection: %w", err)
	}
	return nil
}
