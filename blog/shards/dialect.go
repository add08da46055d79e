package shards

import (
	"context"
	"database/sql"
)

// dialect is all that is particular to one kind of database. It stands for the
// database of one shard.
type dialect interface {
	// where names the database in errors, without secrets.
	where() string
	// look opens what is there, without making anything, and reads its tables'
	// names.
	look(ctx context.Context) (db *sql.DB, p presence, err error)
	// lock keeps others from making the blog in this place, until unlock.
	lock(ctx context.Context) (unlock func() error, err error)
	// create opens the database, making it where that is a matter of making a
	// file.
	create(ctx context.Context) (*sql.DB, error)
	// schema makes the tables, where they are not there yet.
	schema() []string
	// settled makes what create and schema did durable, where COMMIT does not.
	settled() error

	// writer and reader open the database for the committer and for reading.
	writer() (*sql.DB, error)
	reader() (*sql.DB, error)
	// bound limits the time of a write where it is safe to interrupt one.
	bound(ctx context.Context) (context.Context, context.CancelFunc)
	// durable checks, within a transaction, that what it commits will last.
	durable(ctx context.Context, tx *sql.Tx) error
	// insert stores the posts whose key and id are not there yet, and sets
	// stored on these.
	insert(ctx context.Context, tx *sql.Tx, ops []*op) error
	// byIDs is a query for posts with the ids in the argument that list makes.
	byIDs() string
	list(ids []int64) any

	// storeFailed reports whether an error is the database's and not that of
	// the post at hand: no other post would fare better.
	storeFailed(err error) bool
	// notCommitted reports whether a failed COMMIT certainly changed nothing.
	notCommitted(err error) bool
	// explain adds what to do to an error that a person meets.
	explain(err error) error
}

// The SQL that all dialects share; both know $1.
const (
	sqlGetMeta = "SELECT name,value FROM blog_meta"
	sqlPutMeta = "INSERT INTO blog_meta (name,value) VALUES ($1,$2) ON CONFLICT (name) DO UPDATE SET value=excluded.value"
	sqlIsShard = "SELECT count(*) FROM blog_meta WHERE (name='" + metaBlog + "' AND value=$1) OR (name='" + metaShard + "' AND value=$2)"

	sqlInsert = "INSERT INTO blog_posts (id,author,text,key) VALUES ($1,$2,$3,$4) ON CONFLICT DO NOTHING"
	sqlByKey  = "SELECT id,author,text FROM blog_posts WHERE author=$1 AND key=$2"
	sqlByID   = "SELECT id,author,text FROM blog_posts WHERE id=$1"

	sqlTimeline = "SELECT id,author,text FROM blog_posts WHERE author=$1 AND id<$2 ORDER BY id DESC LIMIT $3"
	sqlNewest   = "SELECT id FROM blog_posts WHERE id<$1 ORDER BY id DESC LIMIT $2"
	sqlHasUser  = "SELECT EXISTS (SELECT 1 FROM blog_posts WHERE author=$1)"
	sqlHasPosts = "SELECT EXISTS (SELECT 1 FROM blog_posts)"
	sqlCount    = "SELECT count(*) FROM blog_posts"
)
