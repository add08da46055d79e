package e2e

import (
	"fmt"
	"os"
	"testing"

	"parley/participants/food"
	"parley/wire/txwire"
)

// TestStreamLost: the stream of the commit logs is deleted under a running
// system. Nobody may take a new one for the old: every role ends and reports why.
func TestStreamLost(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	c := s.startCoordinator()
	s.place(s.newOrder())
	if err := s.js.DeleteStream(t.Context(), txwire.LogStream().Name); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*process{c, s.participants[food.Inventory], s.participants[food.Delivery]} {
		if code := p.Wait(); code != exitFailed {
			t.Errorf("%s: exit %d, want 1", p.Name(), code)
		}
		p.Await("^parley: .*stream TXLOG does not exist: .*restore")
	}
	s.coordinators = nil
	refused(t, exitFailed, []string{"stream TXLOG does not exist", "restore"}, "coordinator", "--nats", s.url)
}

// TestStreamRecreated: another stream of the same name is not the one that the
// journals know.
func TestStreamRecreated(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	c := s.startCoordinator()
	s.place(s.newOrder())
	was := s.incarnation()
	if err := s.js.DeleteStream(t.Context(), txwire.LogStream().Name); err != nil {
		t.Fatal(err)
	}
	s.initStreams()
	is := s.incarnation()
	// Those that run have noticed, even if it was recreated immediately.
	for _, p := range []*process{c, s.participants[food.Inventory], s.participants[food.Delivery]} {
		if code := p.Wait(); code != exitFailed {
			t.Errorf("%s: exit %d, want 1", p.Name(), code)
		}
		p.Await("^parley: .*stream TXLOG ")
	}
	s.coordinators = nil
	for _, name := range both {
		refused(t, exitFailed, []string{name + ".db", was, is, "TXLOG", "--accept-incarnation " + is}, name, "--data", s.data, "--nats", s.url)
		refused(t, exitFailed, []string{name + ".db", "abcdefgh", is}, name, "--data", s.data, "--nats", s.url, "--accept-incarnation", "abcdefgh")
	}
	// A person who knows what is lost can go on; the flag is needed once.
	for _, name := range both {
		p := s.startParticipant(name, "--accept-incarnation", is)
		p.Await(name + " is ready")
		p.Stop()
	}
	s.startParticipants()
	s.startCoordinator()
	s.place(s.newOrder())
	s.check()
	s.stopAll()
}

// TestStreamLostWithBranchInDoubt: the stream is lost for good while branches of a
// dead coordinator are in doubt. What OPERATIONS describes settles them: a new
// stream, whose sequences begin again, and participants that accept it.
func TestStreamLostWithBranchInDoubt(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	// The lost stream's sequences are above those that the new one will reach.
	s.startCoordinator()
	for range 20 {
		s.place(s.newOrder())
	}
	s.stopCoordinators()
	c := s.startCoordinator("--crash-at", "append-before")
	lost := s.submit(s.newOrder())
	c.AwaitKilled()
	lost.cancel()
	s.coordinators = nil
	was := s.incarnation()
	for _, name := range both {
		s.participants[name].Stop()
	}
	if err := s.js.DeleteStream(t.Context(), txwire.LogStream().Name); err != nil {
		t.Fatal(err)
	}
	s.initStreams()
	for _, name := range both {
		p := s.startParticipant(name, "--accept-incarnation", s.incarnation())
		p.Await("another incarnation .* was accepted.*in doubt will be aborted.*in_doubt=1")
		p.Await(name + " is ready")
	}
	s.startCoordinator()
	eventually(t, patience, "aborting what was in doubt", s.inDoubt)
	for _, name := range both {
		b, err := s.branches(name, txwire.BranchQuery{Key: lost.key})
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Violations) > 0 {
			t.Errorf("%s has violations: %+v", name, b.Violations)
		}
	}
	t.Logf("the branches of incarnation %s are aborted", was)
	s.place(s.newOrder())
	s.check()
	s.stopAll()
}

// copyStore copies the broker's store, or puts a copy back.
func copyStore(t *testing.T, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// TestOlderStore: while everything is stopped an older store is put under the broker,
// one without a commit that delivery has applied and inventory has not. A coordinator
// that starts then knows nothing of that. The journals do: neither participant serves,
// inventory's branch stays in doubt, and with the newer store it is committed.
func TestOlderStore(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.startCoordinator()
	s.place(s.newOrder())
	stopped := func() {
		s.stopCoordinators()
		for _, p := range s.participants {
			p.Stop()
		}
		s.broker.Stop()
	}
	stopped()
	store, older, newer := s.path("broker"), s.path("older"), s.path("newer")
	copyStore(t, store, older)
	s.broker.Restart()
	s.startParticipant(food.Delivery).Await("delivery is ready")
	s.startCoordinator()
	o := s.commitAfterVote()
	eventually(t, patience, "delivery applies it", func() error {
		b, err := s.branches(food.Delivery, txwire.BranchQuery{Key: o.key})
		if err != nil || len(b.Branches) != 1 || b.Branches[0].State != txwire.BranchCommitted {
			return fmt.Errorf("%+v, %w", b, err)
		}
		return nil
	})
	s.killAll()
	copyStore(t, store, newer)

	copyStore(t, older, store)
	s.broker.Restart()
	s.startCoordinator()
	for _, name := range both {
		s.startParticipant(name)
	}
	for _, name := range both {
		p := s.participants[name]
		if code := p.Wait(); code != exitFailed {
			t.Errorf("%s: exit %d, want %d", name, code, exitFailed)
		}
		p.Await("^parley: .*stream JOURNALS has .* older one")
	}
	s.killAll()

	copyStore(t, newer, store)
	s.broker.Restart()
	s.startParticipants()
	s.startCoordinator()
	eventually(t, patience, "committing what was in doubt", s.inDoubt)
	s.check()
	s.stopAll()
}
