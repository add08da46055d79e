package shards

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"parley/idworker/snowflake"
	"parley/internal/hooks"
	"parley/wire"
)

// Every answer is true, whatever failed.

// failing opens a blog with one shard whose commits are calls of commit, n from 1.
func failing(t *testing.T, k kind, commit func(tx *sql.Tx, n int) error) (*Set, *logBuffer) {
	c, log := k.place(t, 1), &logBuffer{}
	c.Log = log.logger()
	set, n := open(t, c), 0
	set.shards[0].pause = time.Millisecond
	set.shards[0].commit = func(tx *sql.Tx) error { n++; return commit(tx, n) }
	return set, log
}

var errCut = errors.New("the connection was cut")

func holds(t *testing.T, set *Set, want int64) {
	t.Helper()
	if sizes, err := set.Sizes(t.Context()); err != nil || sizes[0] != want {
		t.Errorf("the shard holds %v posts, want %d: %v", sizes, want, err)
	}
}

// A post is found under its own id, and so it is not stored twice.
func committedSilently(t *testing.T, k kind) {
	set, log := failing(t, k, func(tx *sql.Tx, n int) error {
		if err := tx.Commit(); err != nil || n > 2 {
			return err
		}
		return errCut
	})
	for _, key := range []string{"", "k"} {
		if r := set.Add(t.Context(), newPost("ada", "hello", key)); r.Err != nil || !r.New || r.Post.Text != "hello" {
			t.Errorf("with the key %q: %+v", key, r)
		}
	}
	holds(t, set, 2)
	if !log.contains("not known whether a commit is durable") {
		t.Error("it is not logged")
	}
}

func lostSilently(t *testing.T, k kind) {
	set, _ := failing(t, k, func(tx *sql.Tx, n int) error {
		if n > 3 {
			return tx.Commit()
		}
		return errors.Join(errCut, tx.Rollback())
	})
	if r := set.Add(t.Context(), newPost("ada", "hello", "")); r.Err != nil || !r.New {
		t.Errorf("it is %+v", r)
	}
	holds(t, set, 1)
}

func neverKnown(t *testing.T, k kind) {
	broken := true
	set, log := failing(t, k, func(tx *sql.Tx, n int) error {
		if err := tx.Commit(); err != nil || !broken {
			return err
		}
		return errCut
	})
	code(t, set.Add(t.Context(), newPost("ada", "hello", "k")).Err, wire.CodeUndecided,
		"not known whether the post was stored", "same key is safe", "shard 0", errCut.Error())
	code(t, set.Add(t.Context(), newPost("ada", "hello", "")).Err, wire.CodeUndecided,
		"not known whether the post was stored", "had no key", "twice", "timeline")
	broken = false
	if r := set.Add(t.Context(), newPost("ada", "hello", "k")); r.Err != nil || r.New {
		t.Errorf("repeated: %+v", r)
	}
	if c := set.Counts(); c.Unknown != 2 || !log.contains("posts cannot be stored") || !log.contains("stored again") {
		t.Errorf("counted %+v, logged is %s", c, log.all.String())
	}
	holds(t, set, 2)
}

func certainlyNot(t *testing.T, k kind) {
	failed, broken := failedCommit(t, k), true
	set, _ := failing(t, k, func(tx *sql.Tx, n int) error {
		if !broken {
			return tx.Commit()
		}
		return errors.Join(tx.Rollback(), failed)
	})
	err := set.Add(t.Context(), newPost("ada", "hello", "")).Err
	code(t, err, wire.CodeUnavailable, "the post was not stored")
	if k.name == "sqlite" {
		contains(t, err.Error(), "no space left", "make space")
	}
	holds(t, set, 0)
	broken = false
	add(t, set, "ada", "hello", "")
}

// failedCommit is a real error of a COMMIT that changed nothing: of a full disk in
// SQLite, of a deferred constraint in PostgreSQL.
func failedCommit(t *testing.T, k kind) error {
	t.Helper()
	driver, dsn, statements := "sqlite", ":memory:", "PRAGMA max_page_count=2; CREATE TABLE a (x); INSERT INTO a VALUES (zeroblob(100000))"
	if k.name != driver {
		driver, dsn = "pgx", k.place(t, 1).DSNs[0]
		statements = "CREATE TABLE a (n int PRIMARY KEY); CREATE TABLE b (n int REFERENCES a DEFERRABLE INITIALLY DEFERRED); INSERT INTO b VALUES (1)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err = db.Exec(statements); err == nil {
		t.Fatal("it was committed")
	}
	return err
}

func replaced(t *testing.T, k kind) {
	c := k.place(t, 1)
	set := open(t, c)
	add(t, set, "ada", "hello", "")
	var was string
	if err := set.shards[0].r.QueryRow("SELECT value FROM blog_meta WHERE name='blog'").Scan(&was); err != nil {
		t.Fatal(err)
	}
	k.exec(t, c, 0, "UPDATE blog_meta SET value='"+blogB+"' WHERE name='blog'")
	code(t, set.Add(t.Context(), newPost("ada", "more", "")).Err, wire.CodeUnavailable, "not stored", "no longer shard 0 of the blog "+was, "put the right one back")
	k.exec(t, c, 0, "UPDATE blog_meta SET value='"+was+"' WHERE name='blog'")
	add(t, set, "ada", "more", "")
	holds(t, set, 2)
}

// held opens a blog with one shard and stops its committer in the middle of a
// first post, until release.
func held(t *testing.T, k kind) (set *Set, first chan Stored, release func()) {
	c := k.place(t, 1)
	inside, gate := make(chan struct{}), make(chan struct{})
	var once sync.Once
	h := hooks.Hooks{Step: func(point string) {
		if point == StepPostBeforeCommit {
			once.Do(func() { close(inside); <-gate })
		}
	}}
	set, first = openUnclosed(t, c, h), make(chan Stored, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { first <- set.Add(ctx, newPost("ada", "first", "k")) }()
	<-inside
	release = sync.OnceFunc(func() { close(gate) })
	t.Cleanup(func() { cancel(); release(); shut(t, set) })
	return set, first, release
}

func timeIsUp(t *testing.T, k kind) {
	set, first, release := held(t, k)
	short, cancel := context.WithCancel(t.Context())
	cancel()
	// The committer has not begun with it, so the answer is definite.
	code(t, set.Add(short, newPost("ada", "second", "")).Err, wire.CodeUnavailable, "not stored", "shard 0 did not get to it in time")
	// It may be durable at any moment.
	o := newOp(newPost("ada", "third", "k3"))
	if err := set.shards[0].put(o); err != nil {
		t.Fatal(err)
	}
	release()
	if r := <-first; r.Err != nil {
		t.Fatal(r.Err)
	}
	if r := <-o.done; r.Err != nil || o.claim() {
		t.Errorf("an op that was stored is %+v and can be given up", r)
	}
	code(t, o.failure(!o.claim(), "time is up"), wire.CodeUndecided, "not known", "same key is safe")
	holds(t, set, 2)
}

func busy(t *testing.T, k kind) {
	set, first, release := held(t, k)
	var last *op
	for i := range maxQueue {
		last = newOp(newPost("ada", fmt.Sprint(i), ""))
		if err := set.shards[0].put(last); err != nil {
			t.Fatal(err)
		}
	}
	code(t, set.Add(t.Context(), newPost("ada", "one too many", "")).Err, wire.CodeBusy, "not stored", "1024 posts wait for shard 0", "later")
	release()
	if r := <-first; r.Err != nil {
		t.Fatal(r.Err)
	}
	if r := <-last.done; r.Err != nil {
		t.Fatal(r.Err)
	}
	add(t, set, "ada", "after", "")
	holds(t, set, maxQueue+2)
}

func endTooSoon(t *testing.T, k kind) {
	set, first, release := held(t, k)
	o := newOp(newPost("ada", "waits", ""))
	if err := set.shards[0].put(o); err != nil {
		t.Fatal(err)
	}
	now, cancel := context.WithCancel(t.Context())
	cancel()
	closed, isCut := make(chan error, 1), make(chan struct{}, 2)
	cut := set.cut
	set.cut = func() {
		cut()
		isCut <- struct{}{}
	}
	go func() { closed <- set.Close(now) }()
	// What has begun is finished, and the rest is refused.
	<-isCut
	release()
	code(t, (<-o.done).Err, wire.CodeUnavailable, "not stored", "ending")
	if r := <-first; k.name == "sqlite" && r.Err != nil {
		t.Error(r.Err)
	} else if r.Err != nil && wire.CodeOf(r.Err) != wire.CodeUndecided && wire.CodeOf(r.Err) != wire.CodeUnavailable {
		t.Error(r.Err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func unreadable(t *testing.T, k kind) {
	c := k.place(t, 3)
	set := open(t, c)
	user := userIn(1, 3)
	p, other := add(t, set, user, "hello", ""), add(t, set, userIn(0, 3), "hello", "")
	k.exec(t, c, 1, "ALTER TABLE blog_posts RENAME TO hidden")
	_, _, err := set.Read(t.Context(), p.ID, "")
	code(t, err, wire.CodeUnavailable, "shard 1 cannot be read")
	_, _, err = set.Read(t.Context(), p.ID, user)
	code(t, err, wire.CodeUnavailable, "shard 1 cannot be read")
	// There is no page with posts missing.
	_, _, err = set.Newest(t.Context(), snowflake.MaxID, 10)
	code(t, err, wire.CodeUnavailable, "shard 1 cannot be read")
	_, _, _, err = set.Timeline(t.Context(), user, snowflake.MaxID, 10)
	code(t, err, wire.CodeUnavailable, "shard 1 cannot be read")
	_, err = set.Sizes(t.Context())
	code(t, err, wire.CodeUnavailable, "shard 1 cannot be read")
	code(t, set.Add(t.Context(), newPost(user, "more", "")).Err, wire.CodeUnavailable, "not stored", "shard 1")
	// Other shards are not affected.
	add(t, set, other.User, "more", "")
	if got, found, err := set.Read(t.Context(), other.ID, other.User); err != nil || !found || got != other {
		t.Errorf("%+v, %v, %v", got, found, err)
	}
	if got, found, err := set.Read(t.Context(), other.ID, ""); err != nil || !found || got != other {
		t.Errorf("without its user: %+v, %v, %v", got, found, err)
	}
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	_, _, err = set.Read(late, other.ID, other.User)
	code(t, err, wire.CodeUnavailable, "shard 0 did not answer in time")
	k.exec(t, c, 1, "ALTER TABLE hidden RENAME TO blog_posts")
}

// A file that is removed while it is used would take posts and lose them.
func TestRemovedFile(t *testing.T) {
	c := Config{Dir: t.TempDir(), Shards: 1}
	set := open(t, c)
	add(t, set, "ada", "hello", "")
	path := shardFile(c.Dir, 0)
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	code(t, set.Add(t.Context(), newPost("ada", "more", "")).Err, wire.CodeUnavailable, "not stored", path)
	if _, err := os.Stat(path); err == nil {
		t.Error("it was made again")
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	add(t, set, "ada", "more", "")
	holds(t, set, 2)
}
