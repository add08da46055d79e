package participants

import (
	"bytes"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/participants/sqlite"

	"parley/participants/driver"
)

// tryOpen opens and closes a journal.
func tryOpen(cfg JournalConfig, incarnation string) (id string, err error) {
	j, err := cfg.open(incarnation)
	if err != nil {
		return "", err
	}
	return j.id, j.close()
}

func TestOpen(t *testing.T) {
	const first, second = "incarnation1", "incarnation2"
	fresh := func(t *testing.T) JournalConfig {
		cfg := JournalConfig{Config{Name: "inventory"}, filepath.Join(t.TempDir(), "journal.db")}
		if _, err := tryOpen(cfg, first); err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	edit := func(t *testing.T, path, query string) {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(t *testing.T, cfg JournalConfig, incarnation string, want ...string) {
		t.Helper()
		_, err := tryOpen(cfg, incarnation)
		if err == nil {
			t.Fatal("it was opened")
		}
		t.Log(err)
		for _, s := range want {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("the error does not contain %q", s)
			}
		}
	}

	t.Run("again", func(t *testing.T) {
		cfg := fresh(t)
		a, err := tryOpen(cfg, first)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := tryOpen(cfg, first); err != nil || a != b {
			t.Errorf("journal id is %s after %s: %v", b, a, err)
		}
	})
	t.Run("durable settings", func(t *testing.T) {
		cfg := fresh(t)
		db, err := sqlite.File(cfg.Path).Open(slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		c, err := db.Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for pragma, want := range map[string]any{"journal_mode": "wal", "synchronous": int64(2), "foreign_keys": int64(1)} {
			if got, err := driver.One(c, "PRAGMA "+pragma); err != nil || got != want {
				t.Errorf("%s is %v, want %v: %v", pragma, got, want, err)
			}
		}
		// What commits without the committer is rolled back.
		if err := c.Begin(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Exec("COMMIT"); err == nil || !c.Lost() {
			t.Errorf("a COMMIT that was not the committer's ended with %v (lost is %v)", err, c.Lost())
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("path with odd characters", func(t *testing.T) {
		cfg := JournalConfig{Config{Name: "inventory"}, filepath.Join(t.TempDir(), "50% of? it#1.db")}
		if _, err := tryOpen(cfg, first); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(cfg.Path); err != nil {
			t.Error(err)
		}
	})
	t.Run("a link", func(t *testing.T) {
		cfg := fresh(t)
		for _, suffix := range []string{"", ".lock"} {
			other := cfg
			other.Path = filepath.Join(t.TempDir(), "journal.db")
			if err := os.Symlink(cfg.Path+suffix, other.Path+suffix); err != nil {
				t.Fatal(err)
			}
			refused(t, other, first, other.Path+suffix, "symbolic link to "+cfg.Path+suffix)
		}
	})
	t.Run("open to others", func(t *testing.T) {
		cfg := fresh(t)
		for _, suffix := range []string{"", ".lock"} {
			if err := os.Chmod(cfg.Path+suffix, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		var log bytes.Buffer
		cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
		if _, err := tryOpen(cfg, first); err != nil {
			t.Fatal(err)
		}
		for _, suffix := range []string{"", ".lock"} {
			if info, err := os.Stat(cfg.Path + suffix); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s is open to others: %v, %v", suffix, info, err)
			}
		}
		if !strings.Contains(log.String(), "now only its owner can") {
			t.Errorf("removing the permissions of others is not logged: %s", &log)
		}
	})
	t.Run("locked", func(t *testing.T) {
		cfg := fresh(t)
		j, err := cfg.open(first)
		if err != nil {
			t.Fatal(err)
		}
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(filepath.Dir(cfg.Path), link); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{cfg.Path, filepath.Join(link, filepath.Base(cfg.Path))} {
			other := cfg
			other.Path = path
			refused(t, other, first, cfg.Path, "in use by another process", "stop that process")
		}
		if err := j.close(); err != nil {
			t.Fatal(err)
		}
		if _, err := tryOpen(cfg, first); err != nil {
			t.Errorf("after it was closed: %v", err)
		}
	})
	t.Run("another participant", func(t *testing.T) {
		cfg := fresh(t)
		cfg.Name = "delivery"
		refused(t, cfg, first, cfg.Path, `"inventory"`, `"delivery"`)
	})
	t.Run("another incarnation", func(t *testing.T) {
		cfg := fresh(t)
		refused(t, cfg, second, cfg.Path, first, second, "TXLOG", "accepted")
		cfg.AcceptIncarnation = "third"
		refused(t, cfg, second, first, second, "third")
		cfg.AcceptIncarnation = second
		if _, err := tryOpen(cfg, second); err != nil {
			t.Fatal(err)
		}
		cfg.AcceptIncarnation = ""
		if _, err := tryOpen(cfg, second); err != nil {
			t.Errorf("after it was accepted: %v", err)
		}
		refused(t, cfg, first, first, second)
	})
	t.Run("another incarnation with branches in doubt", func(t *testing.T) {
		const third = "incarnation3"
		cfg := fresh(t)
		notes := func(incarnation string) map[string]string {
			t.Helper()
			j, err := cfg.open(incarnation)
			if err != nil {
				t.Fatal(err)
			}
			in := map[string]string{}
			c, err := j.connection(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := j.prepared(c, func(r *row) { in[r.ID.Log] = r.Incarnation }); err != nil {
				t.Fatal(err)
			}
			if len(j.logs.replaced) > len(in) {
				t.Errorf("notes %v outlive the branches in doubt %v", j.logs.replaced, in)
			}
			if err := j.close(); err != nil {
				t.Fatal(err)
			}
			return in
		}
		add := func(n int, log string, state int) {
			edit(t, cfg.Path, fmt.Sprintf("INSERT INTO logs (id,name) VALUES (%d,'%s'); INSERT INTO branches (id,key,held,state,at,digest,decide_by,open_seq) VALUES ((%[1]d<<40)+1,x'%02[1]d',1,%[3]d,0,x'00',0,7)", n, log, state))
		}
		expect := func(incarnation string, want map[string]string) {
			t.Helper()
			if got := notes(incarnation); !maps.Equal(got, want) {
				t.Errorf("branches in doubt are of %v, want %v", got, want)
			}
		}
		const log1, log2, log3 = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccc"
		add(1, log1, storedPrepared)
		add(2, log2, storedCommitted)
		expect(first, map[string]string{log1: ""})
		cfg.AcceptIncarnation = second
		expect(second, map[string]string{log1: first})
		cfg.AcceptIncarnation = ""
		add(3, log3, storedPrepared)
		expect(second, map[string]string{log1: first, log3: ""})
		cfg.AcceptIncarnation = third
		expect(third, map[string]string{log1: first, log3: second})
		cfg.AcceptIncarnation = ""
		edit(t, cfg.Path, "UPDATE branches SET state=2 WHERE id>>40=1")
		expect(third, map[string]string{log3: second})
	})
	t.Run("newer schema", func(t *testing.T) {
		cfg := fresh(t)
		edit(t, cfg.Path, "PRAGMA user_version=99")
		refused(t, cfg, first, cfg.Path, "version 99", "newer build")
	})
	t.Run("another program's database", func(t *testing.T) {
		cfg := JournalConfig{Config{Name: "inventory"}, filepath.Join(t.TempDir(), "other.db")}
		edit(t, cfg.Path, "CREATE TABLE precious (a)")
		before, err := os.ReadFile(cfg.Path)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, cfg, first, cfg.Path, "another program")
		after, err := os.ReadFile(cfg.Path)
		if err != nil || !bytes.Equal(before, after) {
			t.Errorf("it was changed: %v", err)
		}
	})
	t.Run("not a database", func(t *testing.T) {
		cfg := JournalConfig{Config{Name: "inventory"}, filepath.Join(t.TempDir(), "notes.txt")}
		if err := os.WriteFile(cfg.Path, []byte("dear diary, this is no database"), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, cfg, first, cfg.Path, "not an SQLite database")
	})
	t.Run("damaged", func(t *testing.T) {
		cfg := fresh(t)
		for i := range 50 {
			edit(t, cfg.Path, fmt.Sprintf("INSERT INTO meta VALUES ('filler-%d', hex(randomblob(1000)))", i))
		}
		edit(t, cfg.Path, "PRAGMA wal_checkpoint(TRUNCATE)")
		data, err := os.ReadFile(cfg.Path)
		if err != nil {
			t.Fatal(err)
		}
		for i := len(data) / 2; i < len(data)/2+9000; i++ {
			data[i] = 0x5a
		}
		if err := os.WriteFile(cfg.Path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, cfg, first, cfg.Path, "damaged")
	})
	t.Run("no directory", func(t *testing.T) {
		cfg := JournalConfig{Config{Name: "inventory"}, filepath.Join(t.TempDir(), "missing", "journal.db")}
		refused(t, cfg, first, cfg.Path, "directory must exist")
	})
	t.Run("a directory", func(t *testing.T) {
		cfg := JournalConfig{Config{Name: "inventory"}, t.TempDir()}
		refused(t, cfg, first, cfg.Path, "is a directory")
	})
	t.Run("a directory nobody can write", func(t *testing.T) {
		// Not even root.
		if _, err := os.Stat("/proc/self"); err != nil {
			t.Fatal("this test needs /proc, a directory that not even root can write")
		}
		cfg := JournalConfig{Config{Name: "inventory"}, "/proc/journal.db"}
		refused(t, cfg, first, cfg.Path, "must be able to write")
	})
}

func TestConfig(t *testing.T) {
	good := Config{Name: "inventory"}
	for name, c := range map[string]struct {
		edit func(*Config)
		want string
	}{
		"no name":      {func(c *Config) { c.Name = "" }, "name is empty"},
		"bad name":     {func(c *Config) { c.Name = "In.ventory" }, "In.ventory"},
		"another role": {func(c *Config) { c.Name = "coordinator" }, `"coordinator" is taken`},
		"short window": {func(c *Config) { c.Window = minWindow - 1 }, "window"},
		"negative":     {func(c *Config) { c.InquireAfter = -1 }, "inquire"},
		"drain":        {func(c *Config) { c.DrainTimeout = -1 }, "drain"},
	} {
		cfg := good
		c.edit(&cfg)
		if _, err := cfg.withDefaults(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := good.withDefaults(); err != nil {
		t.Error(err)
	}
	if _, err := New(good, Deps{}, sqlite.File("x"), &tally{}); err == nil {
		t.Error("no connection was accepted")
	}
}
