package participants

import (
	"testing"
	"time"

	"parley/participants/machine"
	"parley/wire/txwire"
)

func TestDoubts(t *testing.T) {
	const after = time.Second
	branch := func(n int) machine.Branch {
		return machine.Branch{ID: txwire.ID{Log: "l", N: uint64(n)}, State: txwire.BranchPrepared}
	}
	start := time.Now()
	d := newDoubts(after)
	const total = 1000
	for i := range total {
		d.addAt(branch(i), start.Add(time.Duration(i)*time.Millisecond))
	}
	for i := range total {
		if i%10 != 0 {
			d.remove(branch(i).ID)
		}
	}
	if got := d.due(start.Add(-1), total); len(got) != 0 {
		t.Errorf("%d are due before their time", len(got))
	}
	if got := d.due(start.Add(time.Hour), 30); len(got) != 30 || got[29].ID.N != 290 {
		t.Errorf("%d are due, want the 30 oldest", len(got))
	}
	rest := d.due(start.Add(time.Hour), total)
	if len(rest) != total/10-30 {
		t.Errorf("%d are due, want the other %d", len(rest), total/10-30)
	}
	if got := d.due(start.Add(time.Hour), total); len(got) != 0 {
		t.Errorf("%d are due during an inquiry about them", len(got))
	}

	// Each pause is longer than the one before, up to the longest, and spread.
	id, now := rest[0].ID, start
	for asked := 1; asked < 10; asked++ {
		want := min(after<<asked, maxAskAgain)
		d.askAgain(id, now)
		if got := d.due(now.Add(want*3/4-1), total); len(got) != 0 {
			t.Errorf("inquiry %d is early", asked+1)
		}
		now = now.Add(want * 5 / 4)
		if got := d.due(now, total); len(got) != 1 || got[0].ID != id {
			t.Errorf("inquiry %d is missing", asked+1)
		}
	}
	d.remove(id)
	d.askAgain(id, now)
	if got := d.due(now.Add(time.Hour), total); len(got) != 0 {
		t.Error("a settled branch is asked about")
	}
	if d.len() != total/10-1 {
		t.Errorf("%d are left", d.len())
	}
}

// While no coordinator is subscribed there is one inquiry at a time. When one is, the
// inquiries that reached none are repeated immediately.
func TestDoubtsUnheard(t *testing.T) {
	const after, total = time.Second, 20
	branch := func(n int) txwire.ID { return txwire.ID{Log: "l", N: uint64(n)} }
	now := time.Now()
	d := newDoubts(after)
	for i := range total {
		d.addAt(machine.Branch{ID: branch(i), State: txwire.BranchPrepared}, now)
	}
	for range total {
		d.notHeard(branch(total), now) // one that is settled
		ask := d.due(now, total)
		if len(ask) != 1 {
			t.Fatalf("%d inquiries while no coordinator is subscribed, want 1", len(ask))
		}
		d.askAgain(ask[0].ID, now)
		d.notHeard(ask[0].ID, now)
	}
	if got := d.due(now.Add(probePause-1), total); len(got) != 0 {
		t.Errorf("%d inquiries before the pause has ended", len(got))
	}
	now = now.Add(probePause)
	probe := d.due(now, total)
	if len(probe) != 1 {
		t.Fatalf("%d inquiries after the pause, want 1", len(probe))
	}
	d.askAgain(probe[0].ID, now)
	d.heard(now)
	if got := d.due(now, total); len(got) != total {
		t.Errorf("%d inquiries when a coordinator is subscribed, want all %d", len(got), total)
	}
	if got := d.due(now.Add(time.Hour), total); len(got) != 0 {
		t.Errorf("%d questions are planned twice", len(got))
	}
}
