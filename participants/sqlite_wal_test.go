package participants

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/internal/streams"
)

// walSystem is an open journal without a participant.
type walSystem struct {
	*testing.T
	j   *journal
	cfg Config
}

const walIncarnation = "incarnation1"

func newWALSystem(t *testing.T) *walSystem {
	t.Helper()
	cfg, err := Config{Name: "inventory", Path: filepath.Join(t.TempDir(), "journal.db")}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	db, err := openSQLite(cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	j, err := openJournal(context.Background(), db, &cfg, streams.Info{Incarnation: walIncarnation})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.close(); err != nil {
			t.Error(err)
		}
	})
	s := &walSystem{t, j, cfg}
	s.commit("CREATE TABLE t (b BLOB)")
	return s
}

// commit does what the committer does with a group.
func (s *walSystem) commit(query string) {
	s.Helper()
	err := s.j.inTx(s.j.conn, func() error {
		_, err := s.j.conn.exec(query)
		return err
	})
	if err == nil {
		err = s.j.db.tend(s.j.conn, s.j.tx)
	}
	if err != nil {
		s.Fatal(err)
	}
}

func (s *walSystem) size(suffix string) int64 {
	s.Helper()
	info, err := os.Stat(s.cfg.Path + suffix)
	if err != nil {
		s.Fatal(err)
	}
	return info.Size()
}

// crashed is the journal of a process that was killed now: its files in another
// directory, changed when they were.
func (s *walSystem) crashed() Config {
	s.Helper()
	cfg := s.cfg
	cfg.Path = filepath.Join(s.TempDir(), "journal.db")
	for _, suffix := range []string{"", "-wal"} {
		copyOver(s.T, s.cfg.Path+suffix, cfg.Path+suffix, true)
	}
	return cfg
}

// copyOver writes one file over another, as cp does, or cp -p.
func copyOver(t *testing.T, from, to string, times bool) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err == nil && times {
		var info os.FileInfo
		if info, err = os.Stat(from); err == nil {
			err = os.Chtimes(to, info.ModTime(), info.ModTime())
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// backup is one of now, made an hour ago.
func (s *walSystem) backup() string {
	s.Helper()
	path := filepath.Join(s.TempDir(), "backup.db")
	db, err := sql.Open("sqlite", s.cfg.Path)
	if err == nil {
		_, err = db.Exec("VACUUM INTO ?", path)
		err = errors.Join(err, db.Close())
	}
	ago := time.Now().Add(-time.Hour)
	if err = errors.Join(err, os.Chtimes(path, ago, ago)); err != nil {
		s.Fatal(err)
	}
	return path
}

// foreign has another program copy the -wal back.
func (s *walSystem) foreign() {
	s.Helper()
	db, err := sql.Open("sqlite", s.cfg.Path)
	if err == nil {
		_, err = db.Exec("PRAGMA wal_checkpoint(PASSIVE)")
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		s.Fatal(err)
	}
}

// fill makes the -wal so long that it is copied back.
func (s *walSystem) fill() {
	s.Helper()
	before := s.size("")
	s.commit("INSERT INTO t VALUES (zeroblob(33554432))")
	s.commit("INSERT INTO t VALUES (x'01')")
	if after := s.size(""); after < before+32<<20 {
		s.Fatalf("the -wal was not copied back: the file had %d bytes, and has %d", before, after)
	}
}

// A journal whose process was killed opens, whenever that was, and whoever copied
// its -wal back.
func TestWALOfTheJournal(t *testing.T) {
	s := newWALSystem(t)
	opens := func(when string) {
		t.Helper()
		cfg := s.crashed()
		if id, err := tryOpen(cfg, walIncarnation); err != nil || id != s.j.id {
			t.Errorf("%s: %q, %v", when, id, err)
		}
	}
	opens("new")
	s.fill()
	opens("after the -wal was copied back")
	s.commit("INSERT INTO t VALUES (x'02')")
	opens("with a -wal that was begun anew")
	s.foreign()
	s.commit("INSERT INTO t VALUES (x'03')")
	opens("after another program copied the -wal back")
	if err := s.j.discard(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.j.connection(t.Context()); err != nil {
		t.Fatal(err)
	}
	opens("after the connection was given up")
}

// A backup that was restored without deleting the newer -wal is refused, and left
// as it is: SQLite would undo it.
func TestWALOfAnotherState(t *testing.T) {
	for _, c := range []struct {
		name    string
		restore func(t *testing.T, backup, path string)
	}{
		{"cp", func(t *testing.T, backup, path string) { copyOver(t, backup, path, false) }},
		{"cp -p", func(t *testing.T, backup, path string) { copyOver(t, backup, path, true) }},
		{"mv", func(t *testing.T, backup, path string) {
			if err := os.Rename(backup, path); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		for _, filled := range []string{"a -wal of the backup's generation", "a later -wal"} {
			t.Run(c.name+" beside "+filled, func(t *testing.T) {
				s := newWALSystem(t)
				backup := s.backup()
				if filled == "a later -wal" {
					s.fill()
				}
				s.commit("INSERT INTO t VALUES (x'04')")
				cfg := s.crashed()
				c.restore(t, backup, cfg.Path)
				before, err := os.ReadFile(cfg.Path)
				if err != nil {
					t.Fatal(err)
				}
				_, err = tryOpen(cfg, walIncarnation)
				refused, ok := errors.AsType[*WALError](err)
				if !ok || refused.Journal != cfg.Path || !strings.Contains(err.Error(), "delete journal.db-wal and journal.db-shm") {
					t.Fatalf("opened with %v", err)
				}
				if after, err := os.ReadFile(cfg.Path); err != nil || string(after) != string(before) {
					t.Errorf("the restored file was changed (%v)", err)
				}
				for _, suffix := range []string{"-wal", "-shm"} {
					if err := os.Remove(cfg.Path + suffix); err != nil {
						t.Fatal(err)
					}
				}
				if id, err := tryOpen(cfg, walIncarnation); err != nil || id != s.j.id {
					t.Errorf("without the -wal: %q, %v", id, err)
				}
			})
		}
	}
}

// Files that were copied together without their times belong together once a person
// says so.
func TestWALSaidToBelong(t *testing.T) {
	s := newWALSystem(t)
	s.commit("INSERT INTO t VALUES (x'05')")
	cfg := s.crashed()
	ago := time.Now().Add(-time.Minute)
	if err := os.Chtimes(cfg.Path, ago, ago); err != nil {
		t.Fatal(err)
	}
	if _, err := tryOpen(cfg, walIncarnation); err == nil || !strings.Contains(err.Error(), `"PRAGMA wal_checkpoint(TRUNCATE)"`) {
		t.Fatalf("opened with %v", err)
	}
	db, err := sql.Open("sqlite", cfg.Path)
	if err == nil {
		_, err = db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	if id, err := tryOpen(cfg, walIncarnation); err != nil || id != s.j.id {
		t.Errorf("%q, %v", id, err)
	}
}
