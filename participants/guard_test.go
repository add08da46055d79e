package participants

import (
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	for _, c := range []struct {
		sql string
		// says is part of the error in Prepare, migrate in Migrate; empty for
		// none.
		says, migrate string
	}{
		{"UPDATE t SET a=1", "", ""},
		{"  -- why\n /* and */ insert into t values ('COMMIT; x')", "", ""},
		{"SELECT 1;", "", ""},
		{"SELECT 1; -- done", "", ""},
		{`SELECT ";" FROM [a;b]` + " WHERE `;`=';'", "", ""},
		{"WITH x AS (SELECT 1) SELECT * FROM x", "", ""},
		{"COMMIT", "COMMIT acts on", "COMMIT acts on"},
		{"commit", "COMMIT acts on", "COMMIT acts on"},
		{"/* x */ Begin immediate", "BEGIN acts on", "BEGIN acts on"},
		{"END", "END acts on", "END acts on"},
		{"ROLLBACK TO branch", "ROLLBACK acts on", "ROLLBACK acts on"},
		{"savepoint s", "SAVEPOINT acts on", "SAVEPOINT acts on"},
		{"release s", "RELEASE acts on", "RELEASE acts on"},
		{"PRAGMA synchronous=OFF", "PRAGMA acts on", "PRAGMA acts on"},
		{"ATTACH 'x' AS y", "ATTACH acts on", "ATTACH acts on"},
		{"UPDATE t SET a=1; COMMIT", "one statement", "one statement"},
		{"; COMMIT", "COMMIT acts on", "COMMIT acts on"},
		{"", "no statement", "no statement"},
		{"-- nothing", "no statement", "no statement"},
		{"'unfinished", "no statement", "no statement"},
		{"CREATE TABLE t (a)", "in Migrate", ""},
		{"DROP TABLE t", "in Migrate", ""},
		{"CREATE TRIGGER x AFTER INSERT ON t BEGIN UPDATE t SET a=1; END", "in Migrate", ""},
		{"CREATE TABLE t (a); DROP TABLE u", "one statement", "one statement"},
	} {
		for _, where := range []struct {
			by   author
			says string
		}{{byBranch, c.says}, {byMigration, c.migrate}} {
			err := where.by.check(c.sql)
			if (err == nil) != (where.says == "") || err != nil && !strings.Contains(err.Error(), where.says) {
				t.Errorf("%q: got %v, want %q", c.sql, err, where.says)
			}
		}
	}
}

// Statements are kept per connection, and the journal's own are among them.
func TestKeptStatementsAreGuarded(t *testing.T) {
	b := newBench(t, false)
	c := b.s.journal.conn
	if err := c.begin("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	for by, queries := range map[author][]string{
		byBranch:    {"COMMIT", "BEGIN IMMEDIATE", "CREATE TABLE IF NOT EXISTS tally (n INTEGER PRIMARY KEY)"},
		byMigration: {"COMMIT", "BEGIN IMMEDIATE"},
	} {
		for _, q := range queries {
			if c.stmts[q] == nil {
				t.Fatalf("%q is not kept, and shows nothing here", q)
			}
			tx := &Tx{conn: c, by: by}
			if _, err := tx.Exec(t.Context(), q); err == nil || c.lost {
				t.Errorf("%q was let through for %d", q, by)
			}
		}
	}
	if err := c.commit(); err != nil {
		t.Error(err)
	}
}
