package participants

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/participants/sqlite"
)

// The process that is killed: this test program, with the journal in walPath and what
// to do with it in walSteps.
const (
	walPath, walSteps = "PARLEY_TEST_WAL", "PARLEY_TEST_WAL_STEPS"
	walIncarnation    = "incarnation1"
)

func walConfig(path string) JournalConfig { return JournalConfig{Config{Name: "inventory"}, path} }

// IsWALProcess reports whether this is that process.
func IsWALProcess() bool { return os.Getenv(walPath) != "" }

// WALProcess opens a journal, does the steps, reports that, and waits to be killed, or for
// the end of its parent.
func WALProcess() {
	err := walProcess(os.Getenv(walPath), strings.Fields(os.Getenv(walSteps)))
	fmt.Println("done:", err)
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(1)
}

func walProcess(path string, steps []string) error {
	j, err := walConfig(path).open(walIncarnation)
	if err != nil {
		return err
	}
	// What the committer does with a group.
	commit := func(query string) error {
		c, err := j.connection(context.Background())
		if err != nil {
			return err
		}
		if err := j.inTx(c, func() error {
			_, err := c.Exec(query)
			return err
		}); err != nil {
			return err
		}
		return j.db.Tend(c)
	}
	do := map[string]func() error{
		"commit": func() error { return commit("INSERT INTO t VALUES (x'01')") },
		// fill makes the -wal so long that it is copied back, and one more is begun.
		"fill": func() error {
			before, err := os.Stat(path)
			if err != nil {
				return err
			}
			if err := errors.Join(commit("INSERT INTO t VALUES (zeroblob(33554432))"), commit("INSERT INTO t VALUES (x'02')")); err != nil {
				return err
			}
			after, err := os.Stat(path)
			if err == nil && after.Size() < before.Size()+32<<20 {
				err = fmt.Errorf("the -wal was not copied back: the file had %d bytes, and has %d", before.Size(), after.Size())
			}
			return err
		},
		"foreign": func() error { return walSQL(path, "PRAGMA wal_checkpoint(PASSIVE)") },
		"discard": j.discard,
		"backup":  func() error { return walSQL(path, "VACUUM INTO '"+path+".backup'") },
	}
	for _, step := range append([]string{"table"}, steps...) {
		if step == "table" {
			err = commit("CREATE TABLE t (b BLOB)")
		} else {
			err = do[step]()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
	}
	return nil
}

// walSQL is another program at the same file.
func walSQL(path, query string) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	_, err = db.Exec(query)
	return errors.Join(err, db.Close())
}

// killed is the journal of a process that was killed after some steps.
func killed(t *testing.T, steps string) JournalConfig {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.db")
	p := exec.CommandContext(t.Context(), os.Args[0])
	p.Env = append(os.Environ(), walPath+"="+path, walSteps+"="+steps)
	p.Stderr = os.Stderr
	out, err := p.StdoutPipe()
	if err == nil {
		_, err = p.StdinPipe() // which ends with this process
	}
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	kill := p.Process.Kill()
	_ = p.Wait() // killed
	if line != "done: <nil>\n" || err != nil || kill != nil {
		t.Fatalf("%q, %v, %v", line, err, kill)
	}
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() == 0 {
		t.Fatalf("nothing is left in the -wal: %v", err)
	}
	return walConfig(path)
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

// A journal whose process was killed opens, whenever that was, and whoever copied
// its -wal back; also a copy of its files, whose times are those of the copying.
func TestWALOfAKilledProcess(t *testing.T) {
	for _, steps := range []string{"", "commit", "fill", "fill commit", "commit foreign commit", "commit foreign fill foreign commit", "commit discard", "fill discard commit"} {
		t.Run(steps, func(t *testing.T) {
			t.Parallel()
			cfg := killed(t, steps)
			if at := time.Now().Add(-time.Hour); steps == "fill commit" {
				copied := walConfig(filepath.Join(t.TempDir(), "journal.db"))
				copyOver(t, cfg.Path, copied.Path, false)
				copyOver(t, cfg.Path+"-wal", copied.Path+"-wal", false)
				if err := os.Chtimes(copied.Path, at, at); err != nil {
					t.Fatal(err)
				}
				if _, err := tryOpen(copied, walIncarnation); err != nil {
					t.Errorf("a copy: %v", err)
				}
			}
			for range 2 { // the second finds no -wal
				if _, err := tryOpen(cfg, walIncarnation); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A backup that was restored without deleting the newer -wal is refused, and left
// as it is: SQLite would undo it.
func TestWALOfAnotherState(t *testing.T) {
	for name, restore := range map[string]func(t *testing.T, backup, path string){
		"cp":    func(t *testing.T, backup, path string) { copyOver(t, backup, path, false) },
		"cp -p": func(t *testing.T, backup, path string) { copyOver(t, backup, path, true) },
		"mv": func(t *testing.T, backup, path string) {
			if err := os.Rename(backup, path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		for _, steps := range []string{"backup commit", "backup fill commit", "fill backup commit"} {
			t.Run(name+" after "+steps, func(t *testing.T) {
				t.Parallel()
				cfg := killed(t, steps)
				backup := cfg.Path + ".backup"
				// It was made some time ago.
				at := time.Now().Add(-time.Hour)
				if err := os.Chtimes(backup, at, at); err != nil {
					t.Fatal(err)
				}
				restore(t, backup, cfg.Path)
				before, err := os.ReadFile(cfg.Path)
				if err != nil {
					t.Fatal(err)
				}
				_, err = tryOpen(cfg, walIncarnation)
				refused, ok := errors.AsType[*sqlite.WALError](err)
				if !ok || refused.Path != cfg.Path || !strings.Contains(err.Error(), "delete journal.db-wal and journal.db-shm") {
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
				if _, err := tryOpen(cfg, walIncarnation); err != nil {
					t.Errorf("without the -wal: %v", err)
				}
			})
		}
	}
}

// A file that another program changed belongs to its -wal once a person declares it.
func TestWALSaidToBelong(t *testing.T) {
	cfg := killed(t, "commit")
	at := time.Now().Add(-time.Minute)
	if err := os.Chtimes(cfg.Path, at, at); err != nil {
		t.Fatal(err)
	}
	const pragma = "PRAGMA wal_checkpoint(TRUNCATE)"
	if _, err := tryOpen(cfg, walIncarnation); err == nil || !strings.Contains(err.Error(), `"`+pragma+`"`) {
		t.Fatalf("opened with %v", err)
	}
	if err := walSQL(cfg.Path, pragma); err != nil {
		t.Fatal(err)
	}
	if _, err := tryOpen(cfg, walIncarnation); err != nil {
		t.Error(err)
	}
}

// A note is emptied before SQLite itself copies the -wal back, as it does when the last
// connection is closed, and does not outlive its -wal.
func TestNoteOfAnotherLife(t *testing.T) {
	noted := func(path string) string {
		t.Helper()
		data, err := os.ReadFile(path + ".pair")
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return string(data)
	}
	t.Run("ended without a connection", func(t *testing.T) {
		cfg := killed(t, "commit")
		j, err := cfg.open(walIncarnation)
		if err != nil {
			t.Fatal(err)
		}
		if noted(cfg.Path) == "" {
			t.Error("there is no note while it is open")
		}
		if err := errors.Join(j.discard(), j.close()); err != nil {
			t.Error(err)
		}
		if n := noted(cfg.Path); n != "" {
			t.Errorf("the note is still %q", n)
		}
	})
	t.Run("not opened in full", func(t *testing.T) {
		cfg := killed(t, "commit")
		if _, err := cfg.open("another"); err == nil {
			t.Fatal("it is opened on another stream")
		}
		if n := noted(cfg.Path); n != "" {
			t.Errorf("the note is still %q", n)
		}
	})
	t.Run("without its -wal", func(t *testing.T) {
		cfg := killed(t, "commit")
		for _, suffix := range []string{"-wal", "-shm"} {
			if err := os.Remove(cfg.Path + suffix); err != nil {
				t.Fatal(err)
			}
		}
		db, err := sqlite.File(cfg.Path).Open(slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		unlock, err := db.Lock()
		if err != nil {
			t.Fatal(err)
		}
		if n := noted(cfg.Path); n != "" {
			t.Errorf("the note is still %q", n)
		}
		if err := unlock(); err != nil {
			t.Error(err)
		}
	})
}
