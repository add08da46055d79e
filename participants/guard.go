package participants

import (
	"fmt"
	"slices"
	"strings"
)

// author is on whose behalf a statement runs, and so what it may do.
type author uint8

const (
	byJournal author = iota
	byMigration
	byBranch
)

// check refuses SQL that its author may not run.
func (a author) check(query string) error {
	switch a {
	case byMigration:
		return checkMigration(query)
	case byBranch:
		return checkStatement(query)
	default:
		return nil
	}
}

// forbidden are the statements that would act on everybody who shares the
// transaction, or on the connection itself.
func forbidden() []string {
	return []string{
		"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "ABORT",
		"PRAGMA", "ATTACH", "DETACH", "VACUUM", "SET", "EXPLAIN",
	}
}

func schemaChanges() []string { return []string{"CREATE", "ALTER", "DROP", "REINDEX", "ANALYZE"} }

// checkMigration refuses SQL that may not run in Migrate.
func checkMigration(query string) error {
	words, tail := scanSQL(query)
	switch {
	case len(words) == 0:
		return fmt.Errorf("SQL %.80q has no statement", query)
	case slices.Contains(forbidden(), words[0]):
		return fmt.Errorf("SQL %.80q is refused: %s acts on the transaction or connection, which other branches share; "+
			"to undo a branch's own writes return an error", query, words[0])
	case tail && !slices.Contains(words[:min(len(words), 3)], "TRIGGER"):
		return fmt.Errorf("SQL %.80q is refused: one statement a call", query)
	}
	return nil
}

// checkStatement refuses SQL that may not run in Prepare, Commit and Abort.
func checkStatement(query string) error {
	if err := checkMigration(query); err != nil {
		return err
	}
	if words, _ := scanSQL(query); slices.Contains(schemaChanges(), words[0]) {
		return fmt.Errorf("SQL %.80q is refused: change the schema in Migrate", query)
	}
	return nil
}

// readsOnly reports whether a query certainly changes nothing.
func readsOnly(query string) bool {
	words, _ := scanSQL(query)
	return len(words) > 0 && (words[0] == "SELECT" || words[0] == "VALUES")
}

// scanSQL returns the first words of a query in upper case, and whether
// anything but comments follows its first semicolon.
func scanSQL(q string) (words []string, tail bool) {
	ended := false
	for q != "" {
		n, word := token(q)
		switch {
		case word && ended:
			return words, true
		case word && len(words) < 3:
			words = append(words, strings.ToUpper(q[:n]))
		case q[0] == ';':
			ended = len(words) > 0
		}
		q = q[n:]
	}
	return words, false
}

// token is the length of what q starts with: a word, a quoted text, a comment
// or a single character. Only words count as such.
func token(q string) (n int, word bool) {
	until := func(from int, end string) int {
		if i := strings.Index(q[from:], end); i >= 0 {
			return from + i + len(end)
		}
		return len(q)
	}
	switch c := q[0]; {
	case c == '\'' || c == '"' || c == '`':
		return until(1, q[:1]), false
	case c == '[':
		return until(1, "]"), false
	case strings.HasPrefix(q, "--"):
		return until(2, "\n"), false
	case strings.HasPrefix(q, "/*"):
		return until(2, "*/"), false
	case letter(c):
		n = 1
		for n < len(q) && (letter(q[n]) || q[n] >= '0' && q[n] <= '9') {
			n++
		}
		return n, true
	default:
		return 1, false
	}
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
