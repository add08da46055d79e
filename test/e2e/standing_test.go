package e2e

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/participants"
	"parley/wire"
)

// backup copies inventory's journal while it runs, as the sqlite3 shell does, to a
// directory of its own.
func (s *system) backup() (dir string) {
	s.Helper()
	dir = s.TempDir()
	db, err := sql.Open("sqlite", s.path("inventory.db"))
	if err != nil {
		s.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(s.Context(), "VACUUM INTO ?", filepath.Join(dir, "inventory.db")); err != nil {
		s.Fatal(err)
	}
	return dir
}

// restore puts a backup in place of inventory's journal.
func (s *system) restore(backup string) {
	s.Helper()
	data, err := os.ReadFile(filepath.Join(backup, "inventory.db"))
	if err != nil {
		s.Fatal(err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(s.path("inventory.db" + suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.Fatal(err)
		}
	}
	if err := os.WriteFile(s.path("inventory.db"), data, 0o600); err != nil {
		s.Fatal(err)
	}
}

// wantRefused starts inventory on another directory, and sees it end.
func (s *system) wantRefused(dir, why string) {
	s.Helper()
	p := start(s, "inventory", "--data", dir, "--nats", s.url)
	if code := p.Wait(); code != exitFailed || !strings.Contains(p.Output(), why) {
		s.Errorf("exit %d, want %d and %q:\n%s", code, exitFailed, why, p.Output())
	}
}

// TestJournalsThatAreNotTheOne: a copy beside the journal, and an empty directory in
// its place, are refused; a backup that was restored knows what it is, and a commit
// that it lost is never taken for applied.
func TestJournalsThatAreNotTheOne(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.startCoordinator()
	s.place(s.newOrder())
	old := s.backup()

	s.wantRefused(old, "is a copy of one that answers elsewhere")
	s.place(s.newOrder())
	s.participants[wire.Inventory].Stop()
	s.wantRefused(t.TempDir(), "start once with --new-journal")

	// It votes, dies, and an older copy takes its place. The order is committed.
	p := s.startParticipant(wire.Inventory, "--crash-at", participants.StepVoteSent)
	p.Await("^inventory is ready$")
	lost := s.submit(s.newOrder())
	p.AwaitKilled()
	<-lost.done
	if lost.err != nil || lost.told.Status != wire.StatusCommitted {
		t.Fatalf("the order is %+v, %v", lost.told, lost.err)
	}
	s.restore(old)
	p = s.startParticipant(wire.Inventory)
	p.Await("this journal went back")
	p.Await("^inventory is ready$")
	eventually(s, patience, "the lost commit is a violation", func() error {
		b, err := s.branches(wire.Inventory, wire.BranchQuery{ID: lost.told.ID})
		if err != nil || len(b.Violations) == 0 {
			return fmt.Errorf("%+v, %w", b, err)
		}
		return nil
	})
	unfinished := parleyJSON[struct{ Transactions []struct{ ID wire.TxID } }](t, exitOK, "tx", "list", "--nats", s.url, "--json")
	if len(unfinished.Transactions) != 1 || unfinished.Transactions[0].ID != lost.told.ID {
		t.Errorf("unfinished are %+v, want %s", unfinished, lost.told.ID)
	}
	s.place(s.newOrder())
}
