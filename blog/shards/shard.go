package shards

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"time"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/blogwire"
)

// idleTime is how long an unused connection is kept.
const idleTime = time.Minute

// shard is one of a blog's databases, with the queue of posts that wait for it and what
// its committer needs, see [shard.run].
type shard struct {
	dialect
	set    *Set
	number int
	// w is one connection that writes, r are those that read.
	w, r *sql.DB
	// commit is tx.Commit, except in tests of what happens when it fails.
	commit func(*sql.Tx) error
	queue  chan *op
	// pause is firstPause.
	pause time.Duration
	// failing: the last group could not be stored, and that was logged; untended:
	// what is due after commits could not be done, and that was logged.
	failing, untended bool
}

// errUnknown marks a COMMIT of which it is not known whether it is durable.
var errUnknown = errors.New("the end of the commit is not known")

// store stores ops in one transaction and sets their results. With an error nothing of
// it is durable, except that with errUnknown everything may be.
func (sh *shard) store(ctx context.Context, ops []*op) error {
	err := sh.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := sh.insert(ctx, tx, ops); err != nil {
			return fmt.Errorf("storing %d posts: %w", len(ops), err)
		}
		for _, o := range ops {
			if o.result = (Stored{Post: o.made(), New: true}); o.inserted {
				continue
			}
			if err := sh.resolve(ctx, tx, o); err != nil {
				return fmt.Errorf("reading what conflicts with post %d: %w", o.id, err)
			}
		}
		sh.set.hooks.At(StepPostBeforeCommit)
		return nil
	})
	if err == nil {
		sh.set.hooks.At(StepPostAfterCommit)
	}
	return err
}

// resolve sets the result of a post that was not inserted, by what is stored under its
// key or ID.
func (sh *shard) resolve(ctx context.Context, tx *sql.Tx, o *op) error {
	p, found, err := sh.byKey(ctx, tx, o)
	if err != nil || found {
		o.result = o.repeated(p)
		return err
	}
	p, found, err = one(sh.posts(ctx, tx, sqlByID, int64(o.id)))
	switch {
	case err != nil:
		return err
	case !found:
		return errors.New("nothing is stored")
	case o.tried && p == o.made():
		o.result = Stored{Post: p, New: true}
	default:
		o.result = Stored{Err: o.violation()}
	}
	return nil
}

// byKey reads the post that the key of an op has made.
func (sh *shard) byKey(ctx context.Context, q querier, o *op) (blogwire.Post, bool, error) {
	if o.post.Key == "" {
		return blogwire.Post{}, false, nil
	}
	return one(sh.posts(ctx, q, sqlByKey, o.post.User, o.post.Key))
}

// posts runs a query for posts, and stops after what fills a page.
func (sh *shard) posts(ctx context.Context, q querier, text string, args ...any) (posts []blogwire.Post, err error) {
	size := 0
	for rows, err := range query(ctx, q, text, args...) {
		var id int64
		var author, text string
		if err == nil {
			err = rows.Scan(&id, &author, &text)
		}
		if err != nil {
			return nil, fmt.Errorf("reading posts: %w", err)
		}
		posts = append(posts, post(id, author, text))
		if size += jsonSize(text); size > blogwire.MaxPageBytes {
			break
		}
	}
	return posts, nil
}

func one(posts []blogwire.Post, err error) (p blogwire.Post, found bool, _ error) {
	if len(posts) > 0 {
		p = posts[0]
	}
	return p, len(posts) > 0, err
}

// post is a row as a message.
func post(id int64, author, text string) blogwire.Post {
	return blogwire.Post{ID: snowflake.ID(id), User: author, Text: text, At: snowflake.ID(id).Time().UnixMilli()}
}

// probe writes what is stored already, to find out at start what would otherwise fail
// the first post.
func (sh *shard) probe(ctx context.Context) error {
	err := sh.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, sqlPutMeta, "shard", strconv.Itoa(sh.number))
		return err
	})
	if err != nil {
		return sh.explain(err)
	}
	return nil
}

// write runs fn in a transaction of this very shard, if it keeps what it is given.
func (sh *shard) write(ctx context.Context, fn func(context.Context, *sql.Tx) error) error {
	return sh.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var matches int
		if err := tx.QueryRowContext(ctx, sqlIsShard, sh.set.blog, strconv.Itoa(sh.number)).Scan(&matches); err != nil {
			return fmt.Errorf("reading which shard it is: %w", err)
		}
		if matches != 2 {
			return fmt.Errorf("it is no longer shard %d of the blog %s: the database was replaced while this process uses it, put the right one back", sh.number, sh.set.blog)
		}
		if err := sh.durable(ctx, tx); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
}

// transaction runs fn in a transaction.
func (sh *shard) transaction(ctx context.Context, fn func(context.Context, *sql.Tx) error) error {
	ctx, cancel := sh.bound(ctx)
	defer cancel()
	conn, err := sh.w.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err == nil {
		err = sh.end(tx, fn(ctx, tx))
	}
	if err != nil {
		// What a failure left in a connection is not worth knowing. The error
		// makes the pool throw it away.
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	return err
}

// end commits a transaction. Any error before that ends it: after some, SQLite has
// rolled back already, and what followed would commit by itself.
func (sh *shard) end(tx *sql.Tx, err error) error {
	if err != nil {
		_ = tx.Rollback()
		return err
	}
	if err = sh.commit(tx); err == nil {
		return nil
	}
	err = fmt.Errorf("committing: %w", err)
	if !sh.notCommitted(err) {
		err = fmt.Errorf("%w: %w", errUnknown, err)
	}
	return err
}

// read is [shard.posts] for a client, with the error that it receives.
func (sh *shard) read(ctx context.Context, text string, args ...any) ([]blogwire.Post, error) {
	posts, err := sh.posts(ctx, sh.r, text, args...)
	return posts, sh.unread(ctx, err)
}

// unread is an error of reading from a shard, as a client receives it.
func (sh *shard) unread(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	what := "cannot be read"
	if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		what = "did not answer in time"
	}
	return &wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("shard %d %s: %v", sh.number, what, sh.explain(err))}
}
