package sqlite

import (
	"fmt"
	"slices"

	modernc "modernc.org/sqlite"
)

// author is on whose behalf a statement runs, and so what it may do.
type author uint8

const (
	byJournal author = iota
	byMigration
	byBranch
	// byReader has connections that cannot write.
	byReader
)

// acts are what a statement does when it is executed.
type acts uint8

const (
	// writes: it may change rows; fires: also such that it does not count.
	writes acts = 1 << iota
	fires
)

// ownTables are those of the journal.
func ownTables() []string { return []string{"meta", "logs", "branches", "violations"} }

// harmlessPragmas read the schema, as mappers do.
func harmlessPragmas() []string {
	return []string{"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list"}
}

// authorize is SQLite's authorizer: SQLite calls it for each action of a statement that it
// compiles, see https://www.sqlite.org/c3ref/set_authorizer.html. It refuses what would
// act on everybody who shares the transaction, or on the connection itself.
func (s *session) authorize(action modernc.AuthorizerActionCode, arg1, arg2, _, trigger string) modernc.AuthorizerReturnCode {
	switch action {
	case modernc.AuthInsert, modernc.AuthUpdate, modernc.AuthDelete:
		s.acts |= writes
		if trigger != "" {
			s.acts |= fires
		}
	}
	if s.tx == nil {
		return modernc.AuthorizerOK
	}
	if s.denied = s.tx.by.denies(action, arg1, arg2); s.denied != "" {
		return modernc.AuthorizerDeny
	}
	return modernc.AuthorizerOK
}

// denies returns why an author may not do something, or "".
func (a author) denies(action modernc.AuthorizerActionCode, arg1, arg2 string) string {
	switch action {
	case modernc.AuthTransaction, modernc.AuthSavepoint:
		return fmt.Sprintf("%s acts on the transaction, which other branches share; to undo a branch's own writes return an error", arg1)
	case modernc.AuthAttach, modernc.AuthDetach:
		return "ATTACH and DETACH act on the connection, which other branches share"
	case modernc.AuthPragma:
		if slices.Contains(harmlessPragmas(), arg1) {
			return ""
		}
		return fmt.Sprintf("PRAGMA %s acts on the connection, which other branches share", arg1)
	case modernc.AuthRead, modernc.AuthSelect, modernc.AuthFunction, modernc.AuthRecursive:
		return ""
	case modernc.AuthInsert, modernc.AuthUpdate, modernc.AuthDelete, modernc.AuthDropTable:
		if slices.Contains(ownTables(), arg1) {
			return fmt.Sprintf("the table %s belongs to the journal", arg1)
		}
		if action != modernc.AuthDropTable {
			return ""
		}
	case modernc.AuthAlterTable:
		if slices.Contains(ownTables(), arg2) {
			return fmt.Sprintf("the table %s belongs to the journal", arg2)
		}
	}
	if a != byMigration {
		return "change the schema in Migrate"
	}
	return ""
}
