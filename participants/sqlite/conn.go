package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"

	"parley/participants/driver"
)

// conn is the committer's connection, used by one goroutine at a time.
type conn struct {
	*session
	db  *sql.DB
	sql *sql.Conn
	// args is reused by each call: a driver must not retain it.
	args []sqldriver.NamedValue
}

// connect opens a connection with a connector.
func connect(ctx context.Context, connector sqldriver.Connector) (*conn, error) {
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
	sqldriver.Connector
	session *session
}

func (o oneConn) Connect(context.Context) (sqldriver.Conn, error) { return o.session, nil }

// Exec implements [driver.Conn].
func (c *conn) Exec(query string, args ...any) (int64, error) {
	// database/sql would add a quarter to the cost of statements this small.
	c.args = c.args[:0]
	for i, a := range args {
		c.args = append(c.args, sqldriver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return Changed(c.ExecContext(context.Background(), query, c.args))
}

// Rows implements [driver.Conn].
func (c *conn) Rows(query string, fn func(driver.Scanner) error, args ...any) error {
	return each(context.Background(), c.sql, query, fn, args...)
}

// each calls fn with each row of a query.
func each(ctx context.Context, db queryer, query string, fn func(driver.Scanner) error, args ...any) error {
	rows, err := db.QueryContext(ctx, query, args...)
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

// Begin implements [driver.Conn].
func (c *conn) Begin() error {
	_, err := c.Exec("BEGIN IMMEDIATE")
	c.inTx, c.lost = err == nil, false
	return err
}

// Commit implements [driver.Conn].
func (c *conn) Commit() error {
	if c.lost {
		return driver.ErrLost
	}
	c.committing = true
	_, err := c.Exec("COMMIT")
	c.committing, c.inTx = false, false
	return err
}

// Rollback implements [driver.Conn].
func (c *conn) Rollback() error {
	c.inTx = false
	_, err := c.Exec("ROLLBACK")
	return err
}

// Lost implements [driver.Conn].
func (c *conn) Lost() bool { return c.lost }

// Migrate implements [driver.Conn].
func (c *conn) Migrate(fn func(tx any) error) error {
	_, err := c.call(byMigration, fn)
	return err
}

// Call implements [driver.Conn].
func (c *conn) Call(fn func(tx any) error) (wrote bool, err error) { return c.call(byBranch, fn) }

func (c *conn) call(by author, fn func(tx any) error) (wrote bool, err error) {
	tx := &Tx{db: c.sql, by: by}
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

// Abandon implements [driver.Conn]. What database/sql runs for it ends.
func (c *conn) Abandon() error { return c.db.Close() }

// Close implements [driver.Conn]. It does not close the [sql.Conn], which would wait for
// rows that the resource has not closed.
func (c *conn) Close() error {
	if err := errors.Join(c.session.Close(), c.db.Close()); err != nil {
		return fmt.Errorf("closing the connection: %w", err)
	}
	return nil
}
