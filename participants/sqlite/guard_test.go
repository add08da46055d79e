package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
)

// newGuarded is a connection in a transaction, with tables of a resource.
func newGuarded(t *testing.T) *conn {
	t.Helper()
	j, err := File(filepath.Join(t.TempDir(), "journal.db")).Open(slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := j.Lock()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := j.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = raw.Rollback() // unless the test has committed
		if err := errors.Join(j.Finish(raw), raw.Close(), unlock()); err != nil {
			t.Error(err)
		}
	})
	c := raw.(*conn)
	if err := c.Begin(); err != nil {
		t.Fatal(err)
	}
	for _, q := range append(j.SQL().Schema,
		"CREATE TABLE t (a)", "CREATE TABLE u (a)", "INSERT INTO t VALUES (1)", "CREATE TABLE copies (a)",
		"CREATE TRIGGER copy AFTER UPDATE ON u WHEN 0 BEGIN INSERT INTO copies VALUES (1); END",
		"CREATE VIEW v AS SELECT a FROM t", "CREATE TRIGGER change INSTEAD OF UPDATE ON v BEGIN INSERT INTO copies VALUES (1); END",
	) {
		if _, err := c.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(c.Commit(), c.Begin()); err != nil {
		t.Fatal(err)
	}
	return c
}

// call is a call of a resource.
func call(c *conn, by author, fn func(*Tx) error) (wrote bool, err error) {
	return c.call(by, func(tx any) error { return fn(tx.(*Tx)) })
}

func TestGuard(t *testing.T) {
	c := newGuarded(t)
	const onTransaction, onConnection, migrate, own = "acts on the transaction", "connection, which other", "in Migrate", "belongs to the journal"
	for _, tt := range []struct {
		sql string
		// branch is part of the error in Prepare, migration in Migrate; empty for none.
		branch, migration string
	}{
		{"UPDATE t SET a=1", "", ""},
		{"  -- why\n /* and */ insert into t values ('COMMIT; x')", "", ""},
		{"SELECT 1;", "", ""},
		{"SELECT 1; -- done", "", ""},
		{"UPDATE t SET a=1; UPDATE t SET a=2", "", ""},
		{"WITH x AS (SELECT 1) SELECT * FROM x", "", ""},
		{"SELECT * FROM branches", "", ""},
		{"PRAGMA table_info(t)", "", ""},
		{"SELECT name FROM pragma_table_info('t')", "", ""},
		{"COMMIT", onTransaction, onTransaction},
		{"commit", onTransaction, onTransaction},
		{"/* x */ Begin immediate", onTransaction, onTransaction},
		{"END", onTransaction, onTransaction},
		{"ROLLBACK TO branch", onTransaction, onTransaction},
		{"savepoint s", onTransaction, onTransaction},
		{"release s", onTransaction, onTransaction},
		{"UPDATE t SET a=1; COMMIT", onTransaction, onTransaction},
		{"; COMMIT", onTransaction, onTransaction},
		{"PRAGMA synchronous=OFF", onConnection, onConnection},
		{"ATTACH 'x' AS y", onConnection, onConnection},
		{"VACUUM", "VACUUM", "VACUUM"},
		{"CREATE TABLE w (a)", migrate, ""},
		{"CREATE TEMP TABLE w (a)", migrate, ""},
		{"CREATE INDEX t_a ON t (a)", migrate, ""},
		{"ALTER TABLE t ADD COLUMN b", migrate, ""},
		{"DROP TABLE t", migrate, ""},
		{"DELETE FROM branches", own, own},
		{"INSERT INTO meta VALUES ('mark','0')", own, own},
		{"DROP TABLE violations", own, own},
		{"ALTER TABLE logs ADD COLUMN x", own, own},
	} {
		for by, want := range map[author]string{byBranch: tt.branch, byMigration: tt.migration} {
			if _, err := c.Exec("SAVEPOINT test"); err != nil {
				t.Fatal(err)
			}
			for _, run := range map[string]func(*Tx) error{
				"exec": func(tx *Tx) error { _, err := tx.ExecContext(t.Context(), tt.sql); return err },
				"row": func(tx *Tx) error {
					rows, err := tx.QueryContext(t.Context(), tt.sql)
					if err == nil {
						rows.Next()
						err = rows.Err()
					}
					return err
				},
			} {
				_, err := call(c, by, run)
				if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
					t.Errorf("%q: got %v, want %q", tt.sql, err, want)
				}
				if _, err := c.Exec("ROLLBACK TO test"); err != nil {
					t.Fatalf("after %q: %v", tt.sql, err)
				}
			}
		}
	}
}

// The journal's own statements are kept per connection, too.
func TestKeptStatementsAreGuarded(t *testing.T) {
	c := newGuarded(t)
	for _, q := range []string{"BEGIN IMMEDIATE", "COMMIT"} {
		if c.stmts[stmtKey{q, byJournal}] == nil {
			t.Fatalf("%q is not kept, and shows nothing here", q)
		}
		if _, err := call(c, byBranch, func(tx *Tx) error { _, err := tx.ExecContext(t.Context(), q); return err }); err == nil || c.lost {
			t.Errorf("%q was executed", q)
		}
	}
	if err := c.Commit(); err != nil {
		t.Error(err)
	}
}

// Whether a resource wrote before it refused determines whether its writes must be undone.
func TestWritesAreNoticed(t *testing.T) {
	c := newGuarded(t)
	if _, err := c.Exec("INSERT INTO u VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	for q, want := range map[string]bool{
		"SELECT a FROM t":                        false,
		"UPDATE t SET a=2 WHERE a=99":            false,
		"UPDATE t SET a=2":                       true,
		"INSERT INTO t VALUES (7) RETURNING a":   true,
		"SELECT 1; INSERT INTO t VALUES (3)":     true,
		"UPDATE v SET a=1":                       true, // by a trigger, and no row is counted
		"UPDATE u SET a=1 WHERE a=99":            true, // a trigger might have
		"WITH x AS (SELECT 5) DELETE FROM t":     true,
		"EXPLAIN SELECT a FROM t":                false,
		"SELECT count(*) FROM branches WHERE 0 ": false,
	} {
		for how, run := range map[string]func(*Tx) error{
			"Exec": func(tx *Tx) error { _, err := tx.ExecContext(t.Context(), q); return err },
			"Prepare": func(tx *Tx) error {
				s, err := tx.PrepareContext(t.Context(), q)
				if err == nil {
					_, err = s.ExecContext(t.Context())
				}
				return err
			},
		} {
			if _, err := c.Exec("SAVEPOINT test"); err != nil {
				t.Fatal(err)
			}
			wrote, err := call(c, byBranch, run)
			if err != nil || wrote != want {
				t.Errorf("%s of %q wrote: %v, %v, want %v", how, q, wrote, err, want)
			}
			if _, err := c.Exec("ROLLBACK TO test"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// One text can be read twice at the same time, and nothing remains open after the call.
func TestReadingTwiceAtOnce(t *testing.T) {
	c := newGuarded(t)
	if _, err := c.Exec("INSERT INTO t VALUES (2),(3)"); err != nil {
		t.Fatal(err)
	}
	const q = "SELECT a FROM t WHERE a>=? ORDER BY a"
	var left *sql.Rows
	var kept *sql.Stmt
	if _, err := call(c, byBranch, func(tx *Tx) (err error) {
		first := tx.QueryRowContext(t.Context(), q, 1)
		second := tx.QueryRowContext(t.Context(), q, 2)
		var one, two int
		if err := errors.Join(second.Scan(&two), first.Scan(&one)); err != nil || one != 1 || two != 2 {
			t.Errorf("got %d and %d, %v", one, two, err)
		}
		_ = tx.QueryRowContext(t.Context(), q, 3) // not scanned
		if left, err = tx.QueryContext(t.Context(), q, 1); err != nil {
			return err
		}
		left.Next()
		kept, err = tx.PrepareContext(t.Context(), q)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if left.Next() || !errors.Is(left.Err(), errTxEnded) {
		t.Errorf("rows outlive the call: %v", left.Err())
	}
	if _, err := kept.ExecContext(t.Context(), 1); err == nil {
		t.Error("a statement outlives the call")
	}
	for k, s := range c.stmts {
		if s.busy {
			t.Errorf("%q is still busy", k.query)
		}
	}
	if err := c.Commit(); err != nil {
		t.Error(err)
	}
}

func TestContextThatIsDone(t *testing.T) {
	c := newGuarded(t)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := call(c, byBranch, func(tx *Tx) error {
		if err := tx.QueryRowContext(done, "SELECT 1").Scan(new(int)); !errors.Is(err, context.Canceled) {
			t.Errorf("a query with a context that is done returned %v", err)
		}
		_, err := tx.ExecContext(done, "UPDATE t SET a=5")
		return err
	})
	if !errors.Is(err, context.Canceled) || c.lost {
		t.Errorf("a statement with a context that is done returned %v", err)
	}
}
