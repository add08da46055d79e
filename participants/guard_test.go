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
			check func(string) error
			says  string
		}{{checkStatement, c.says}, {checkMigration, c.migrate}} {
			err := where.check(c.sql)
			if (err == nil) != (where.says == "") || err != nil && !strings.Contains(err.Error(), where.says) {
				t.Errorf("%q: got %v, want %q", c.sql, err, where.says)
			}
		}
	}
}
