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
	"parley/participants/food"
	"parley/wire/txwire"
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

	s.wantRefused(old, "is a copy of one that another process uses")
	s.place(s.newOrder())
	s.participants[food.Inventory].Stop()
	s.wantRefused(t.TempDir(), "start once with --new-journal")

	// It votes, dies, and an older copy takes its place. The order is committed.
	p := s.startParticipant(food.Inventory, "--crash-at", participants.StepVoteSent)
	p.Await("^inventory is ready$")
	lost := s.submit(s.newOrder())
	p.AwaitKilled()
	<-lost.done
	if lost.err != nil || lost.told.Status != txwire.StatusCommitted {
		t.Fatalf("the order is %+v, %v", lost.told, lost.err)
	}
	s.restore(old)
	p = s.startParticipant(food.Inventory)
	p.Await("this journal went back")
	p.Await("^inventory is ready$")
	eventually(s, patience, "the lost commit is a violation", func() error {
		b, err := s.branches(food.Inventory, txwire.BranchQuery{ID: lost.told.ID})
		if err != nil || len(b.Violations) == 0 {
			return fmt.Errorf("%+v, %w", b, err)
		}
		return nil
	})
	unfinished := parleyJSON[struct{ Transactions []struct{ ID txwire.ID } }](t, exitOK, "tx", "list", "--nats", s.url, "--json")
	if len(unfinished.Transactions) != 1 || unfinished.Transactions[0].ID != lost.told.ID {
		t.Errorf("unfinished are %+v, want %s", unfinished, lost.told.ID)
	}
	s.place(s.newOrder())

	// The violation is acknowledged.
	if out, errs, code := parley(t, "tx", "abandon", lost.told.ID.String(), food.Inventory, "--reason", "restored an old backup", "--nats", s.url); code != exitOK {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	eventually(s, patience, "nothing is unfinished", func() error { return s.onlyAbandoned(1) })
	eventually(s, patience, "the violation is off the list", func() error {
		if b, err := s.branches(food.Inventory, txwire.BranchQuery{}); err != nil || len(b.Violations) != 0 {
			return fmt.Errorf("%+v, %w", b.Violations, err)
		}
		return nil
	})
	again := parleyJSON[txwire.Abandoned](t, exitOK, "tx", "abandon", lost.told.ID.String(), food.Inventory, "--reason", "once more", "--nats", s.url, "--json")
	if again.Reason != "restored an old backup" {
		t.Errorf("abandoned once more: %+v", again)
	}
}

// onlyAbandoned returns an error unless nothing is unfinished and so many
// transactions are kept for a branch that was abandoned.
func (s *system) onlyAbandoned(n int) error {
	s.Helper()
	l := parleyJSON[struct{ Unfinished, Abandoned int }](s, exitOK, "tx", "list", "--nats", s.url, "--json")
	if l.Unfinished != 0 || l.Abandoned != n {
		return fmt.Errorf("%+v", l)
	}
	return nil
}

// TestAbandon: a branch of a journal that is lost for good is abandoned, and
// reported for ever; a journal that comes back all the same is told the truth.
func TestAbandon(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.startCoordinator()
	s.participants[food.Inventory].Stop()
	p := s.startParticipant(food.Inventory, "--crash-at", participants.StepVoteSent)
	p.Await("^inventory is ready$")
	lost := s.submit(s.newOrder())
	p.AwaitKilled()
	<-lost.done
	if lost.err != nil || lost.told.Status != txwire.StatusCommitted {
		t.Fatalf("the order is %+v, %v", lost.told, lost.err)
	}
	id := lost.told.ID.String()

	// The journal is put away, and another one begins.
	away := t.TempDir()
	files, err := filepath.Glob(s.path("inventory.db*"))
	if err != nil {
		t.Fatal(err)
	}
	move := func(from, to string) {
		t.Helper()
		for _, f := range files {
			name := filepath.Base(f)
			if err := os.Rename(filepath.Join(from, name), filepath.Join(to, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
	move(s.data, away)
	fresh := s.startParticipant(food.Inventory, "--new-journal")
	fresh.Await("^inventory is ready$")
	abandon := func(want int, says string, args ...string) {
		t.Helper()
		out, errs, code := parley(t, append([]string{"tx", "abandon", "--nats", s.url}, args...)...)
		if code != want || !strings.Contains(out+errs, says) {
			t.Errorf("%q: exit %d, want %d and %q: %s%s", args, code, want, says, out, errs)
		}
	}
	abandon(exitWrong, "reason", id, food.Inventory, "--reason", " ")
	abandon(exitWrong, "takes no part", id, "nobody", "--reason", "it is lost")
	abandon(exitWrong, "no commit log has", "aaaaaaaaaaaaaaaa.1", food.Inventory, "--reason", "it is lost")
	abandon(exitOK, "is abandoned", id, food.Inventory, "--reason", "its disk burnt", "--by", "ada")
	abandon(exitOK, "its disk burnt", id, food.Inventory, "--reason", "once more", "--by", "bob")
	eventually(s, patience, "nothing is unfinished", func() error { return s.onlyAbandoned(1) })

	// A coordinator that starts later knows it, too.
	s.stopCoordinators()
	s.startCoordinator()
	eventually(s, patience, "nothing is unfinished", func() error { return s.onlyAbandoned(1) })
	show := func() (out string) {
		t.Helper()
		out, _, _ = parley(t, "tx", "show", id, "--nats", s.url)
		return out
	}
	if out := show(); !strings.Contains(out, "ABANDONED at inventory") || !strings.Contains(out, "by ada") || !strings.Contains(out, "its disk burnt") || !strings.Contains(out, "committed") {
		t.Errorf("it is shown as %s", out)
	}

	// The journal is found.
	fresh.Stop()
	if err := os.MkdirAll(filepath.Join(s.data, "other"), 0o700); err != nil {
		t.Fatal(err)
	}
	move(s.data, filepath.Join(s.data, "other"))
	move(away, s.data)
	s.startParticipant(food.Inventory).Await("^inventory is ready$")
	eventually(s, patience, "it is applied", func() error { return s.onlyAbandoned(0) })
	if out := show(); !strings.Contains(out, "ABANDONED at inventory") || strings.Count(out, " committed ") < 2 {
		t.Errorf("it is shown as %s", out)
	}
}

// TestFailingOutcomeIsNotAbandoned: a journal that answers will apply the outcome.
func TestFailingOutcomeIsNotAbandoned(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.startCoordinator()
	db, err := sql.Open("sqlite", "file:"+s.path("delivery.db")+"?_pragma=busy_timeout(60000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec := func(query string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	// Held at the vote, while somebody breaks the table.
	s.participants[food.Delivery].Stop()
	p := s.startParticipant(food.Delivery, "--hold-at", participants.StepOutcomeBeforeCommit)
	p.Await("^delivery is ready$")
	o := s.submit(s.newOrder())
	<-o.done
	p.AwaitHeld(participants.StepOutcomeBeforeCommit)
	p.Kill()
	exec("CREATE TRIGGER broken BEFORE UPDATE ON couriers BEGIN SELECT RAISE(ABORT, 'broken by hand'); END")
	s.startParticipant(food.Delivery).Await("^delivery is ready$")
	id := o.told.ID.String()
	eventually(s, patience, "it fails", func() error {
		out, errs, code := parley(t, "tx", "retry", id, food.Delivery, "--nats", s.url)
		if code != exitFailed || !strings.Contains(errs, "broken by hand") {
			return fmt.Errorf("exit %d: %s%s", code, out, errs)
		}
		return nil
	})
	if out, errs, code := parley(t, "tx", "abandon", id, food.Delivery, "--reason", "I am in a hurry", "--nats", s.url); code != exitWrong || !strings.Contains(errs, "it will apply it") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	exec("DROP TRIGGER broken")
	eventually(s, patience, "it is applied", func() error {
		if out, errs, code := parley(t, "tx", "retry", id, food.Delivery, "--nats", s.url); code != exitOK && !strings.Contains(errs, "no outcome of this transaction has failed here") {
			return fmt.Errorf("exit %d: %s%s", code, out, errs)
		}
		return s.onlyAbandoned(0)
	})
}
