package shards

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"time"

	"parley/internal/hooks"
	"parley/wire"
	"parley/wire/blogwire"
)

// idleTime is how long a connection that nobody uses is kept.
const idleTime = time.Minute

// database is one shard's database, in any dialect.
type database struct {
	dialect
	record
	w, r *sql.DB
	// commit is tx.Commit, except in tests of what happens when it fails.
	commit func(*sql.Tx) error
	hooks  hooks.Hooks
}

func openDatabase(d dialect, r record, h hooks.Hooks) (*database, error) {
	db := &database{dialect: d, record: r, commit: (*sql.Tx).Commit, hooks: h}
	var err error
	if db.w, err = d.writer(); err != nil {
		return nil, err
	}
	if db.r, err = d.reader(); err != nil {
		return nil, errors.Join(err, db.w.Close())
	}
	return db, nil
}

func (d *database) close() error { return errors.Join(d.r.Close(), d.w.Close()) }

// errUnknown marks a COMMIT of which it is not known whether it is durable.
var errUnknown = errors.New("the end of the commit is not known")

// store stores ops in one transaction and sets their results. With an error
// nothing of it is durable, except that with errUnknown everything may be.
func (d *database) store(ctx context.Context, ops []*op) error {
	err := d.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := d.insert(ctx, tx, ops); err != nil {
			return fmt.Errorf("storing %d posts: %w", len(ops), err)
		}
		for _, o := range ops {
			o.result = Stored{New: true}
			if o.stored {
				o.result.Post = o.made()
			} else if err := d.standing(ctx, tx, o); err != nil {
				return fmt.Errorf("looking for what stands in the way of post %d: %w", o.id, err)
			}
		}
		d.hooks.At(StepPostBeforeCommit)
		return nil
	})
	if err == nil {
		d.hooks.At(StepPostAfterCommit)
	}
	return err
}

// probe writes what is there already, to find out at start what would
// otherwise fail the first post.
func (d *database) probe(ctx context.Context) error {
	err := d.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, sqlPutMeta, metaShard, strconv.Itoa(d.shard))
		return err
	})
	if err != nil {
		return d.explain(err)
	}
	return nil
}

// write runs fn in a transaction of this very shard.
func (d *database) write(ctx context.Context, fn func(context.Context, *sql.Tx) error) error {
	ctx, cancel := d.bound(ctx)
	defer cancel()
	conn, err := d.w.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	err = d.transaction(ctx, conn, fn)
	if err != nil {
		// What a failure left behind in a connection is not worth knowing. The
		// error is what makes the pool throw it away.
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	return err
}

func (d *database) transaction(ctx context.Context, conn *sql.Conn, fn func(context.Context, *sql.Tx) error) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err = d.verify(ctx, tx); err == nil {
		err = fn(ctx, tx)
	}
	if err != nil {
		// Any error ends the transaction: after some, SQLite has rolled back
		// already, and what followed would commit by itself.
		_ = tx.Rollback()
		return err
	}
	if err := d.commit(tx); err != nil {
		err = fmt.Errorf("committing: %w", err)
		if !d.notCommitted(err) {
			err = fmt.Errorf("%w: %w", errUnknown, err)
		}
		return err
	}
	return nil
}

// verify checks that this is the shard still, and that it keeps what it is given.
func (d *database) verify(ctx context.Context, tx *sql.Tx) error {
	var matches int
	if err := tx.QueryRowContext(ctx, sqlIsShard, d.blog, strconv.Itoa(d.shard)).Scan(&matches); err != nil {
		return fmt.Errorf("reading what shard it is: %w", err)
	}
	if matches != 2 {
		return fmt.Errorf("it is no longer shard %d of the blog %s: the database was replaced while this process uses it, put the right one back", d.shard, d.blog)
	}
	return d.durable(ctx, tx)
}

// standing sets the result of a post that was not inserted, by what is there.
func (d *database) standing(ctx context.Context, q querier, o *op) error {
	if o.post.Key != "" {
		p, found, err := one(ctx, q, sqlByKey, o.post.User, o.post.Key)
		if err != nil {
			return err
		}
		if found {
			o.result = o.repeated(p)
			return nil
		}
	}
	p, found, err := one(ctx, q, sqlByID, int64(o.id))
	switch {
	case err != nil:
		return err
	case !found:
		return errors.New("there is nothing")
	case o.tried && p == o.made():
		o.result = Stored{Post: p, New: true}
	default:
		o.result = Stored{Err: o.violation()}
	}
	return nil
}

// repeated is the result when p has the user and the key of the op.
func (o *op) repeated(p blogwire.Post) Stored {
	switch {
	case p.ID == o.id && !o.tried:
		return Stored{Err: o.violation()}
	case p.ID == o.id:
		return Stored{Post: p, New: true}
	case p.Text != o.post.Text:
		return Stored{Err: &wire.Error{Code: wire.CodeConflict, Text: fmt.Sprintf(
			"the key %q of %q belongs to the post %d, which has another text: use a new key for a new post", o.post.Key, o.post.User, p.ID)}}
	default:
		return Stored{Post: p}
	}
}

func (o *op) violation() error {
	return &wire.Error{Code: wire.CodeViolation, Text: fmt.Sprintf(
		"the id %d, made by worker %d, is the key of another post already: the ID service gave it twice; nothing was overwritten and this post was not stored",
		o.id, o.id.Worker())}
}
