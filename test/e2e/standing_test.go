package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/participants"
	"parley/participants/food"
	"parley/test/journal"
	"parley/wire/txwire"
)

// backup copies inventory's journal while it runs, to another directory.
func (s *harness) backup() (dir string) {
	s.Helper()
	dir = s.TempDir()
	if err := journal.Backup(s.Context(), s.path("inventory.db"), filepath.Join(dir, "inventory.db")); err != nil {
		s.Fatal(err)
	}
	return dir
}

// wantRefused starts inventory on another directory, and sees it end.
func (s *harness) wantRefused(dir, why string) {
	s.Helper()
	p := start(s, "inventory", "--data", dir, "--nats", s.url)
	if code := p.Wait(); code != exitFailed || !strings.Contains(p.Output(), why) {
		s.Errorf("exit %d, want %d and %q:\n%s", code, exitFailed, why, p.Output())
	}
}

// commitAfterVote places an order that commits, although inventory dies when it has
// voted.
func (s *harness) commitAfterVote() *order {
	s.Helper()
	p := s.startParticipant(food.Inventory, "--crash-at", participants.StepVoteSent)
	p.Await("^inventory is ready$")
	o := s.submit(s.newOrder())
	p.AwaitKilled()
	<-o.done
	if o.err != nil || o.reply.Status != txwire.StatusCommitted {
		s.Fatalf("the order is %+v, %v", o.reply, o.err)
	}
	return o
}

// TestJournalsThatAreNotTheOne: a copy beside the journal, and an empty directory in
// its place, are refused; a backup that was restored knows what it is, and a commit
// that it lost is never taken for applied.
func TestJournalsThatAreNotTheOne(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.startCoordinator()
	s.place(s.newOrder())
	old := s.backup()

	s.wantRefused(old, "is a copy of one that another process uses")
	s.place(s.newOrder())
	s.participants[food.Inventory].Stop()
	s.wantRefused(t.TempDir(), "start once with --new-journal")

	// It votes, dies, and an older copy takes its place. The order is committed.
	lost := s.commitAfterVote()
	if err := journal.Restore(s.path("inventory.db"), filepath.Join(old, "inventory.db")); err != nil {
		t.Fatal(err)
	}
	p := s.startParticipant(food.Inventory)
	p.Await("this journal went back")
	p.Await("^inventory is ready$")
	eventually(s, patience, "the lost commit is a violation", func() error {
		b, err := s.branches(food.Inventory, txwire.BranchQuery{ID: lost.reply.ID})
		if err != nil || len(b.Violations) == 0 {
			return fmt.Errorf("%+v, %w", b, err)
		}
		return nil
	})
	unfinished := parleyJSON[struct{ Transactions []struct{ ID txwire.ID } }](t, exitOK, "tx", "list", "--nats", s.url, "--json")
	if len(unfinished.Transactions) != 1 || unfinished.Transactions[0].ID != lost.reply.ID {
		t.Errorf("unfinished are %+v, want %s", unfinished, lost.reply.ID)
	}
	s.place(s.newOrder())

	// The violation is acknowledged.
	if out, errs, code := parley(t, "tx", "abandon", lost.reply.ID.String(), food.Inventory, "--reason", "restored an old backup", "--nats", s.url); code != exitOK {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	eventually(s, patience, "nothing is unfinished", func() error { return s.onlyAbandoned(1) })
	eventually(s, patience, "the violation is off the list", func() error {
		if b, err := s.branches(food.Inventory, txwire.BranchQuery{}); err != nil || len(b.Violations) != 0 {
			return fmt.Errorf("%+v, %w", b.Violations, err)
		}
		return nil
	})
	again := parleyJSON[txwire.Abandoned](t, exitOK, "tx", "abandon", lost.reply.ID.String(), food.Inventory, "--reason", "once more", "--nats", s.url, "--json")
	if again.Reason != "restored an old backup" {
		t.Errorf("abandoned once more: %+v", again)
	}
}

// onlyAbandoned returns an error unless nothing is unfinished and n
// transactions are kept for a branch that was abandoned.
func (s *harness) onlyAbandoned(n int) error {
	s.Helper()
	l := parleyJSON[struct{ Unfinished, Abandoned int }](s, exitOK, "tx", "list", "--nats", s.url, "--json")
	if l.Unfinished != 0 || l.Abandoned != n {
		return fmt.Errorf("%+v", l)
	}
	return nil
}

// TestAbandon: a branch of a journal that is lost for good is abandoned, and
// reported for ever; a journal that is found later learns the truth.
func TestAbandon(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.startCoordinator()
	s.participants[food.Inventory].Stop()
	lost := s.commitAfterVote()
	id := lost.reply.ID.String()

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
	abandon := func(want int, text string, args ...string) {
		t.Helper()
		out, errs, code := parley(t, append([]string{"tx", "abandon", "--nats", s.url}, args...)...)
		if code != want || !strings.Contains(out+errs, text) {
			t.Errorf("%q: exit %d, want %d and %q: %s%s", args, code, want, text, out, errs)
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
	s := newHarness(t)
	s.startCoordinator()
	// Held at the vote, while somebody breaks the table.
	s.participants[food.Delivery].Stop()
	p := s.startParticipant(food.Delivery, "--hold-at", participants.StepOutcomeBeforeCommit)
	p.Await("^delivery is ready$")
	o := s.submit(s.newOrder())
	<-o.done
	p.AwaitHeld(participants.StepOutcomeBeforeCommit)
	p.Kill()
	if err := journal.Break(t.Context(), s.path("delivery.db"), "couriers"); err != nil {
		t.Fatal(err)
	}
	s.startParticipant(food.Delivery).Await("^delivery is ready$")
	id := o.reply.ID.String()
	eventually(s, patience, "it fails", func() error {
		out, errs, code := parley(t, "tx", "retry", id, food.Delivery, "--nats", s.url)
		if code != exitFailed || !strings.Contains(errs, journal.Broken) {
			return fmt.Errorf("exit %d: %s%s", code, out, errs)
		}
		return nil
	})
	if out, errs, code := parley(t, "tx", "abandon", id, food.Delivery, "--reason", "I am in a hurry", "--nats", s.url); code != exitWrong || !strings.Contains(errs, "it will apply it") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if err := journal.Mend(t.Context(), s.path("delivery.db")); err != nil {
		t.Fatal(err)
	}
	eventually(s, patience, "it is applied", func() error {
		if out, errs, code := parley(t, "tx", "retry", id, food.Delivery, "--nats", s.url); code != exitOK && !strings.Contains(errs, "no outcome of this transaction has failed here") {
			return fmt.Errorf("exit %d: %s%s", code, out, errs)
		}
		return s.onlyAbandoned(0)
	})
}
