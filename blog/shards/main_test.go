package shards

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/blog/pgtest"
	"parley/idworker/snowflake"
	"parley/internal/hooks"
	"parley/wire"
	"parley/wire/blogwire"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 2 * time.Minute

// counter is an ID service: ascending ids of one worker.
type counter struct{ n atomic.Int64 }

func (c *counter) next(context.Context) (snowflake.ID, error) {
	n := c.n.Add(1)
	return snowflake.NewID(28_000_000_000+n>>12, 3, int(n&snowflake.MaxSequence)), nil
}

// logBuffer keeps a log.
type logBuffer struct {
	mu  sync.Mutex
	all strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

func (b *logBuffer) contains(part string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Contains(b.all.String(), part)
}

func (b *logBuffer) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

// kind is a kind of database.
type kind struct {
	name string
	// place returns the configuration of a new blog with n shards.
	place func(t testing.TB, n int) Config
	// exec runs a statement in shard i, on a separate connection.
	exec func(t testing.TB, c Config, i int, statement string)
}

// run runs a statement in a database.
func run(t testing.TB, driver, dsn, statement string) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func sqliteKind() kind {
	return kind{
		name:  "sqlite",
		place: func(t testing.TB, n int) Config { return Config{Dir: t.TempDir(), Shards: n} },
		exec: func(t testing.TB, c Config, i int, statement string) {
			t.Helper()
			run(t, "sqlite", shardFile(c.Dir, i), statement)
		},
	}
}

func postgresKind(server *pgtest.Server) kind {
	return kind{
		name:  "postgres",
		place: func(t testing.TB, n int) Config { return Config{DSNs: server.Schemas(t, n)} },
		exec: func(t testing.TB, c Config, i int, statement string) {
			t.Helper()
			run(t, "pgx", c.DSNs[i], statement)
		},
	}
}

// open opens a set and closes it with the test.
func open(t testing.TB, c Config, h ...hooks.Hooks) *Set {
	t.Helper()
	set, err := tryOpen(t, c, h...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, set) })
	return set
}

func tryOpen(t testing.TB, c Config, h ...hooks.Hooks) (*Set, error) {
	if c.NextID == nil {
		c.NextID = new(counter).next
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	ctx := context.Background()
	for _, h := range h {
		ctx = hooks.With(ctx, h)
	}
	return Open(ctx, c)
}

func shut(t testing.TB, set *Set) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := set.Close(ctx); err != nil {
		t.Error(err)
	}
}

// refused fails unless opening the blog fails with an error that contains all parts.
func refused(t *testing.T, c Config, parts ...string) {
	t.Helper()
	set, err := tryOpen(t, c)
	if err == nil {
		shut(t, set)
		t.Fatalf("it was opened, want an error with %q", parts)
	}
	t.Log(err)
	contains(t, err.Error(), parts...)
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, s := range parts {
		if !strings.Contains(text, s) {
			t.Errorf("%q does not contain %q", text, s)
		}
	}
}

func newPost(user, text, key string) blogwire.NewPost {
	return blogwire.NewPost{V: wire.Version, User: user, Text: text, Key: key}
}

// add stores a post.
func add(t testing.TB, set *Set, user, text, key string) blogwire.Post {
	t.Helper()
	r := set.Add(t.Context(), newPost(user, text, key))
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	return r.Post
}

// code fails unless err has the code and its text contains all parts.
func code(t *testing.T, err error, want wire.Code, parts ...string) {
	t.Helper()
	if err == nil || wire.CodeOf(err) != want {
		t.Fatalf("got %v, want an error with the code %s", err, want)
	}
	contains(t, err.Error(), parts...)
}

// userIn is a user whose posts are in shard i of n.
func userIn(i, n int) string {
	for k := 0; ; k++ {
		if u := fmt.Sprintf("user-%d", k); Of(u, n) == i {
			return u
		}
	}
}

// ids of posts.
func idsOf(posts []blogwire.Post) (ids []snowflake.ID) {
	for _, p := range posts {
		ids = append(ids, p.ID)
	}
	return ids
}

// newestFirst sorts posts as pages do.
func newestFirst(posts []blogwire.Post) []blogwire.Post {
	return slices.SortedFunc(slices.Values(posts), func(a, b blogwire.Post) int { return int(b.ID - a.ID) })
}
