package shards

import (
	"context"
	"database/sql"
	"iter"
)

// dialect is all that is particular to one kind of database. A value belongs to the
// database of one shard, of which w is the connection that writes, and r are those
// that read.
type dialect interface {
	// where names the database in errors, without secrets.
	where() string
	// find reads what there is, without changing it.
	find(ctx context.Context, w *sql.DB) (presence, error)
	// lock keeps other processes from making a blog here, until unlock.
	lock(ctx context.Context, r *sql.DB) (unlock func(), err error)
	// create makes the database where that is a matter of making a file, and schema
	// returns the statements that make its tables if they do not exist.
	create() error
	schema() []string
	// insert stores the posts whose key and ID are not stored yet, and sets which.
	insert(ctx context.Context, tx *sql.Tx, ops []*op) error
	// bound limits the time of a write where it is safe to interrupt one.
	bound(ctx context.Context) (context.Context, context.CancelFunc)
	// durable checks, within a transaction, that what it commits will last.
	durable(ctx context.Context, tx *sql.Tx) error
	// tend does what is due after commits, and close ends the use of the database.
	tend(w *sql.DB) error
	close(w, r *sql.DB) error

	// storeFailed reports whether an error is the database's and not that of the
	// post at hand: no other post would fare better.
	storeFailed(err error) bool
	// notCommitted reports whether a failed COMMIT certainly changed nothing.
	notCommitted(err error) bool
	// explain adds to an error where it occurred, and what to do.
	explain(err error) error
}

// The SQL that all dialects share; both know $1.
const (
	sqlAuthorIndex = "CREATE INDEX IF NOT EXISTS blog_posts_author ON blog_posts (author, id)"
	sqlKeyIndex    = "CREATE UNIQUE INDEX IF NOT EXISTS blog_posts_key ON blog_posts (author, key) WHERE key IS NOT NULL"

	sqlGetMeta = "SELECT name,value FROM blog_meta"
	sqlPutMeta = "INSERT INTO blog_meta (name,value) VALUES ($1,$2) ON CONFLICT (name) DO UPDATE SET value=excluded.value"
	sqlIsShard = "SELECT count(*) FROM blog_meta WHERE (name='blog' AND value=$1) OR (name='shard' AND value=$2)"

	sqlByKey    = "SELECT id,author,text FROM blog_posts WHERE author=$1 AND key=$2"
	sqlByID     = "SELECT id,author,text FROM blog_posts WHERE id=$1"
	sqlTimeline = "SELECT id,author,text FROM blog_posts WHERE author=$1 AND id<$2 ORDER BY id DESC LIMIT $3"
	sqlNewest   = "SELECT id,author,text FROM blog_posts WHERE id<$1 ORDER BY id DESC LIMIT $2"
	sqlHasPosts = "SELECT EXISTS (SELECT 1 FROM blog_posts)"
	sqlCount    = "SELECT count(*) FROM blog_posts"
)

// querier is a transaction or a pool of connections.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// query iterates over the rows of a query, and ends with the first error.
func query(ctx context.Context, q querier, text string, args ...any) iter.Seq2[*sql.Rows, error] {
	return func(yield func(*sql.Rows, error) bool) {
		rows, err := q.QueryContext(ctx, text, args...)
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			if !yield(rows, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, err)
		}
	}
}
