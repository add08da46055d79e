package e2e

import (
	"strings"
	"testing"
	"time"

	"parley/participants/food"
	"parley/wire/txwire"
)

// TestFullJournal: inventory has no space left. Orders abort in time and name
// the participant that did not answer, inventory stays up, and goes on when there is space.
func TestFullJournal(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.startCoordinator()
	s.participants[food.Inventory].Stop()
	d := newDisk(t, "4m")
	flags := []string{food.Inventory, "--data", d.dir, "--nats", s.url, "--sample", "bench", "--new-journal"}
	p := launch(t, d.enter(flags...)...)
	s.participants[food.Inventory] = p
	p.Await("inventory is ready")
	s.place(s.newOrder())

	d.fill(t)
	stuck := s.newOrder()
	stuck.timeout = 5 * time.Second
	began := time.Now()
	s.submit(stuck)
	<-stuck.done
	if stuck.err != nil || stuck.reply.Status != txwire.StatusAborted || stuck.reply.Participant != food.Inventory {
		t.Errorf("an order while inventory's disk is full: %+v, %v, want aborted because of inventory", stuck.reply, stuck.err)
	}
	t.Logf("answered %s after %v: %s", stuck.reply.Status, time.Since(began).Round(time.Millisecond), stuck.reply.Reason)
	if !strings.Contains(p.Output(), "full") {
		t.Errorf("inventory does not report that its disk is full:%s", p.Output())
	}
	if p.Ended() {
		t.Fatal("inventory did not stay up")
	}
	s.items() // it still answers what it can

	d.free(t)
	s.commitAgain()
	s.settle()
}

// TestStartOnFullDisk: a role that cannot create its files reports that and ends.
func TestStartOnFullDisk(t *testing.T) {
	t.Parallel()
	s := newHarness(t)
	s.participants[food.Inventory].Stop()
	d := newDisk(t, "1m")
	d.fill(t)
	for _, args := range [][]string{
		{"inventory", "--data", d.dir, "--nats", s.url},
		{"broker", "--data", d.dir, "--listen", "127.0.0.1:0"},
		{"up", "--data", d.dir, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"},
	} {
		_, errs, code := run(t, d.enter(args...)...)
		t.Logf("%s: exit %d: %s", args[0], code, errs)
		if code != exitFailed || !strings.Contains(errs, d.dir) || !strings.Contains(errs, "space") && !strings.Contains(errs, "full") {
			t.Errorf("%s on a full disk: exit %d, want 1 and a reason that names the directory\n%s", args[0], code, errs)
		}
	}
}

// TestFullBroker: the broker has no space left. No order is answered committed that
// is not, and after there is space, and a start if need be, everything goes on.
func TestFullBroker(t *testing.T) {
	t.Parallel()
	d := newDisk(t, "4g") // the broker wants to see room for every stream
	s := newHarnessOn(t, t.TempDir(), binary.StartBrokerBy(t, func(listen string) *process {
		return launch(t, d.enter("broker", "--data", d.dir, "--listen", listen)...)
	}))
	s.startCoordinator()
	s.place(s.newOrder())

	d.resize(t, "2m")
	d.fill(t)
	stuck := s.untilStuck()
	t.Logf("%d orders fitted in the last block", len(s.orders)-2)
	// nats-server would refuse writes for ever after the first that failed.
	if code := s.broker.Wait(); code != exitFailed || !strings.Contains(s.broker.Output(), "no space left") || !strings.Contains(s.broker.Output(), d.dir) {
		t.Errorf("the broker on a full disk: exit %d, want 1 and an error that names the directory:%s", code, s.broker.Output())
	}
	d.resize(t, "512m")
	d.free(t)
	s.broker.Restart()
	<-stuck.done
	s.commitAgain()
	s.settle()
}

// commitAgain places orders until one is answered.
func (s *harness) commitAgain() {
	s.Helper()
	eventually(s, patience, "committing again", func() error {
		o := s.submit(s.newOrder())
		<-o.done
		return o.err
	})
}

// untilStuck places orders until the broker ends: what is left of the last block
// of a file takes a few.
func (s *harness) untilStuck() *order {
	s.Helper()
	for range 1000 {
		o := s.submit(s.newOrder())
		select {
		case <-o.done:
		case <-s.broker.Done():
			return o
		}
		if o.answer() != committed {
			return o
		}
	}
	s.Fatal("the disk is full and every order commits")
	return nil
}
