package shards

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/blog/pgtest"
)

func TestConfig(t *testing.T) {
	dsns := []string{"host=/nowhere", "host=/nowhere"}
	for _, c := range []struct {
		cfg  Config
		text string
	}{
		{Config{}, "neither Dir nor DSNs is set"},
		{Config{Dir: "x", DSNs: dsns}, "both Dir and DSNs are set"},
		{Config{Dir: "x", Shards: -1}, "Shards is -1, allowed is 0 (as many as there are) to 1024"},
		{Config{Dir: "x", Shards: 1025}, "Shards is 1025"},
		{Config{DSNs: dsns, Shards: 3}, "Shards is 3, and DSNs has 2 entries"},
		{Config{DSNs: make([]string, 1025)}, "DSNs has 1025 entries, the limit is 1024"},
		{Config{DSNs: []string{"host=/nowhere", "postgres://ada:s3cret@:bad/x"}}, "DSNs[1] is not a PostgreSQL connection string"},
		{Config{DSNs: []string{"host=/nowhere password=s3cret x"}}, "DSNs[0] is not a PostgreSQL connection string"},
	} {
		_, err := Open(t.Context(), c.cfg)
		if err == nil || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v: %v, want %q", c.cfg, err, c.text)
		}
	}
}

// made makes a blog, with one post in each shard.
func made(t *testing.T, c Config) Config {
	t.Helper()
	if c.NextID == nil {
		c.NextID = new(counter).next
	}
	set := openUnclosed(t, c)
	for i := range set.Len() {
		add(t, set, userIn(i, set.Len()), "hello", "")
	}
	shut(t, set)
	return c
}

// whole fails unless the blog opens with all its posts.
func whole(t *testing.T, c Config, shards int) {
	t.Helper()
	set, err := tryOpen(t, c)
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, set)
	sizes, err := set.Sizes(t.Context())
	if err != nil || len(sizes) != shards {
		t.Fatalf("the shards hold %v, %v", sizes, err)
	}
	for i, n := range sizes {
		if n != 1 {
			t.Errorf("shard %d holds %d posts", i, n)
		}
	}
}

func anotherNumber(t *testing.T, k kind) {
	c := made(t, k.place(t, 3))
	other := c
	if k.name == "sqlite" {
		for _, n := range []int{1, 2, 4, 16} {
			other.Shards = n
			refused(t, other, "has 3 shards", fmt.Sprintf("%d were asked for", n), "fixed when a blog is made", "Start with 3")
		}
		other.Shards = 0
		whole(t, other, 3)
	} else {
		other.DSNs = c.DSNs[:2]
		refused(t, other, "has 3 shards", "2 were asked for", "Start with 3")
		other.DSNs = append(c.DSNs[:3:3], k.place(t, 1).DSNs...)
		refused(t, other, "has 3 shards", "4 were asked for", "Start with 3")
	}
	whole(t, c, 3)
}

func TestDefaultShards(t *testing.T) {
	if set := open(t, Config{Dir: t.TempDir()}); set.Len() != DefaultShards {
		t.Errorf("a new blog has %d shards", set.Len())
	}
}

// What is not a whole blog is not opened, and not changed.

func newerBuilds(t *testing.T, k kind) {
	c := made(t, k.place(t, 3))
	k.exec(t, c, 1, "UPDATE blog_meta SET value='99' WHERE name='version'")
	refused(t, c, "schema version 99", "newer build")
	k.exec(t, c, 1, "UPDATE blog_meta SET value='1' WHERE name='version'")
	whole(t, c, 3)
}

func damagedRecord(t *testing.T, k kind) {
	c := made(t, k.place(t, 3))
	k.exec(t, c, 1, "DELETE FROM blog_meta WHERE name='shards'")
	refused(t, c, "record", "shards is \"\"", "backup")
}

func tablesDropped(t *testing.T, k kind) {
	c := made(t, k.place(t, 3))
	k.exec(t, c, 1, "DROP TABLE blog_meta")
	k.exec(t, c, 1, "DROP TABLE blog_posts")
	refused(t, c, "shard 1 of 3 is missing", "empty database", "backup", "not recreated")
	refused(t, c, "shard 1 of 3 is missing") // the first refusal made nothing
}

func anotherPrograms(t *testing.T, k kind) {
	c := k.place(t, 2)
	if k.name == "sqlite" {
		if err := os.WriteFile(shardFile(c.Dir, 1), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	k.exec(t, c, 1, "CREATE TABLE blog_posts (precious TEXT)")
	refused(t, c, map[string]string{"sqlite": "another program", "postgres": "not Parley's"}[k.name])
	k.exec(t, c, 1, "INSERT INTO blog_posts VALUES ('still there')")
}

func postsInAnUnfinished(t *testing.T, k kind) {
	c := made(t, k.place(t, 2))
	for i := range 2 {
		k.exec(t, c, i, "UPDATE blog_meta SET value='making' WHERE name='state'")
	}
	refused(t, c, "has posts", "changed by other means")
}

func twoBlogs(t *testing.T, k kind) {
	a, b := made(t, k.place(t, 3)), made(t, k.place(t, 3))
	swap(t, k, a, b, 1, 1)
	refused(t, a, "belongs to the blog", "right shard 1")
	swap(t, k, a, b, 1, 1)
	whole(t, a, 3)
	whole(t, b, 3)
}

func swapped(t *testing.T, k kind) {
	c := made(t, k.place(t, 3))
	swap(t, k, c, c, 1, 2)
	refused(t, c, "holds shard 2 and is in the place of shard 1", "holds shard 1 and is in the place of shard 2", "swapped")
	swap(t, k, c, c, 1, 2)
	whole(t, c, 3)
}

// swap puts shard i of a in the place of shard j of b, and the other way.
func swap(t *testing.T, k kind, a, b Config, i, j int) {
	t.Helper()
	if k.name == "postgres" {
		a.DSNs[i], b.DSNs[j] = b.DSNs[j], a.DSNs[i]
		return
	}
	from, to := shardFile(a.Dir, i), shardFile(b.Dir, j)
	for _, mv := range [][2]string{{from, from + ".tmp"}, {to, from}, {from + ".tmp", to}} {
		if err := os.Rename(mv[0], mv[1]); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSQLiteFiles(t *testing.T) {
	t.Run("missing", func(t *testing.T) {
		c := made(t, Config{Dir: t.TempDir(), Shards: 8})
		path := shardFile(c.Dir, 3)
		away := filepath.Join(t.TempDir(), "away")
		if err := os.Rename(path, away); err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{8, 0} {
			c.Shards = n
			refused(t, c, "shard 3 of 8 is missing", path, "backup", "not recreated")
			if _, err := os.Stat(path); err == nil {
				t.Error("it was made again")
			}
		}
		if err := os.Rename(away, path); err != nil {
			t.Fatal(err)
		}
		whole(t, c, 8)
	})
	t.Run("all but one missing", func(t *testing.T) {
		c := made(t, Config{Dir: t.TempDir(), Shards: 4})
		for _, i := range []int{0, 2, 3} {
			if err := os.Remove(shardFile(c.Dir, i)); err != nil {
				t.Fatal(err)
			}
		}
		c.Shards = 0
		refused(t, c, "shard 0 of 4", "shard 2 of 4", "shard 3 of 4", shardFile(c.Dir, 3))
	})
	t.Run("empty", func(t *testing.T) {
		c := made(t, Config{Dir: t.TempDir(), Shards: 3})
		if err := os.Truncate(shardFile(c.Dir, 1), 0); err != nil {
			t.Fatal(err)
		}
		refused(t, c, "shard 1 of 3 is missing", "empty")
	})
	t.Run("no database", func(t *testing.T) {
		c := made(t, Config{Dir: t.TempDir(), Shards: 3})
		if err := os.WriteFile(shardFile(c.Dir, 1), []byte("dear diary, this is no database"), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, c, shardFile(c.Dir, 1), "not an SQLite database", "backup")
	})
	t.Run("damaged", func(t *testing.T) {
		c := made(t, Config{Dir: t.TempDir(), Shards: 3})
		f, err := os.OpenFile(shardFile(c.Dir, 1), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteAt([]byte(strings.Repeat("\xff", 4096)), 8192); err != nil {
			t.Fatal(err)
		}
		refused(t, c, shardFile(c.Dir, 1), "damaged", "backup")
	})
	t.Run("one too many", func(t *testing.T) {
		c := made(t, Config{Dir: t.TempDir(), Shards: 3})
		if err := os.WriteFile(shardFile(c.Dir, 7), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, c, shardFile(c.Dir, 7), "in the place of shard 7", "shards 0 to 2", "move it away")
	})
	t.Run("other files do not matter", func(t *testing.T) {
		c := Config{Dir: t.TempDir(), Shards: 3}
		for _, name := range []string{"shard-1.db", "shard-00001.db", "shard-+001.db", "notes.txt", "shard-0001.db.bak"} {
			if err := os.WriteFile(filepath.Join(c.Dir, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		whole(t, made(t, c), 3)
	})
	t.Run("in use", func(t *testing.T) {
		c := Config{Dir: t.TempDir(), Shards: 3}
		set := open(t, c)
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(c.Dir, link); err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{c.Dir, link} {
			refused(t, Config{Dir: dir, Shards: 3}, c.Dir, "in use by another process", "shards.lock", "stop that process")
		}
		add(t, set, "ada", "hello", "") // the first one is not disturbed
	})
	t.Run("no directory", func(t *testing.T) {
		dir := t.TempDir()
		file := filepath.Join(dir, "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, Config{Dir: filepath.Join(dir, "nowhere")}, "nowhere", "must exist")
		refused(t, Config{Dir: file}, file, "not a directory")
	})
	t.Run("odd characters", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "50% of? it#1")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		c := made(t, Config{Dir: dir, Shards: 2})
		whole(t, c, 2)
		if _, err := os.Stat(shardFile(dir, 1)); err != nil {
			t.Error(err)
		}
	})
	t.Run("settings", func(t *testing.T) {
		set := open(t, Config{Dir: t.TempDir(), Shards: 1})
		sh := set.shards[0]
		for range 2 {
			var mode string
			var sync int
			if err := sh.w.QueryRow("SELECT journal_mode,synchronous FROM pragma_journal_mode,pragma_synchronous").Scan(&mode, &sync); err != nil || mode != "wal" || sync != 2 {
				t.Errorf("a writer has journal_mode %s and synchronous %d, %v", mode, sync, err)
			}
			// After a failure there is a new connection.
			if err := sh.write(t.Context(), func(context.Context, *sql.Tx) error { return errCut }); !errors.Is(err, errCut) {
				t.Error(err)
			}
		}
		if _, err := sh.r.Exec("DELETE FROM blog_posts"); err == nil {
			t.Error("a reader can write")
		}
	})
}

func postgresPlaces(t *testing.T, server *pgtest.Server) {
	dsns := server.Schemas(t, 3)
	t.Run("one place for two", func(t *testing.T) {
		same := server.Schemas(t, 1)[0]
		refused(t, Config{DSNs: []string{same, dsns[0], same}}, "DSNs[0] and DSNs[2] are the same")
		made(t, Config{DSNs: []string{same, dsns[2]}})
		refused(t, Config{DSNs: []string{same, same + " connect_timeout=9"}}, "holds shard 0 and is in the place of shard 1")
	})
	t.Run("no schema", func(t *testing.T) {
		refused(t, Config{DSNs: []string{server.DSN("postgres") + " search_path=nowhere"}}, "schema nowhere", "CREATE SCHEMA")
	})
	t.Run("no database", func(t *testing.T) {
		refused(t, Config{DSNs: []string{server.DSN("nowhere")}}, "nowhere", "CREATE DATABASE")
	})
	t.Run("no server", func(t *testing.T) {
		refused(t, Config{DSNs: []string{"host=" + t.TempDir() + " user=ada password=s3cret dbname=blog"}}, "PostgreSQL", "blog")
	})
	t.Run("encoding", func(t *testing.T) {
		server.Exec(t, "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0")
		refused(t, Config{DSNs: []string{server.DSN("ascii")}}, "SQL_ASCII", "UTF8")
	})
	t.Run("not durable", func(t *testing.T) {
		refused(t, Config{DSNs: []string{dsns[0] + " synchronous_commit=off"}}, "synchronous_commit is off", "before they are on the disk")
	})
	t.Run("no permission", func(t *testing.T) {
		server.Exec(t, "CREATE ROLE guest LOGIN")
		dsn := strings.Replace(dsns[1], "user=parley", "user=guest", 1)
		refused(t, Config{DSNs: []string{dsn}}, "schema") // which it may not even see
	})
	t.Run("another making", func(t *testing.T) {
		c := Config{DSNs: server.Schemas(t, 2)}
		sh, err := openPostgres(1, c.DSNs[1])
		if err != nil {
			t.Fatal(err)
		}
		unlock, err := sh.lock(t.Context(), sh.r)
		if err != nil {
			t.Fatal(err)
		}
		opened := make(chan error, 1)
		go func() {
			set, err := tryOpen(t, c)
			if err == nil {
				shut(t, set)
			}
			opened <- err
		}()
		unlock()
		if err := errors.Join(<-opened, sh.close(sh.w, sh.r)); err != nil {
			t.Error(err)
		}
	})
}

// A blog's files are for their owner alone, also where they were open to others.
func TestFilesArePrivate(t *testing.T) {
	c := Config{Dir: t.TempDir(), Shards: 2}
	shut(t, openUnclosed(t, c))
	files, err := filepath.Glob(filepath.Join(c.Dir, "*"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, again := range []bool{false, true} {
		if again {
			for _, path := range append(files, c.Dir) {
				if err := os.Chmod(path, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			shut(t, openUnclosed(t, c))
		}
		for _, path := range append(files, c.Dir) {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s, again %v: %v, %v", path, again, info.Mode(), err)
			}
		}
	}
}
