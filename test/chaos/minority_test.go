package chaos

import (
	"slices"
	"testing"
	"time"

	"parley/internal/cluster"
	"parley/participants/food"
	"parley/test/model"
	"parley/test/proc"
)

// parted is how long a minority is cut off: longer than an election, and than the
// patience of a client.
const parted = 12 * time.Second

// TestMinority: a broker that is cut off from the others commits nothing, though
// it has a coordinator and both participants with it; its clients are answered
// that nothing is known, or that nothing was done; and afterwards nothing
// contradicts anything.
func TestMinority(t *testing.T) {
	c := newHarness(t, harnessOptions{program: program, dir: keep(t, "minority")})
	cfg := busy(c, 1)
	cfg.Patience, cfg.Talkers, cfg.Writers, cfg.Askers = 4*time.Second, 0, 0, 0
	r := begin(t, c, cfg)
	r.healthy()
	alone := r.leader() // the one that is used to deciding
	side := []string{alone, "coordinator-1", food.Inventory, food.Delivery}
	r.between(side, c.network.Cut)
	cut := time.Now()
	<-time.After(parted) // the fault has a length
	healed := time.Now()
	r.between(side, c.network.Heal)
	proc.Eventually(t, settleWithin, "nothing is in doubt since before the healing", func() error { return r.doubts.cleared(t.Context(), healed) })
	cleared := time.Since(healed)
	r.more(goingOn)

	answers := map[string]map[model.Verdict]int{}
	stores := r.settle(t.Context())
	for _, o := range r.history.Orders {
		for _, a := range o.Answers {
			if asked := a.At.Add(-a.Took); asked.Before(cut) || a.At.After(healed) {
				continue // what was asked before may have been decided before
			}
			if answers[a.Via] == nil {
				answers[a.Via] = map[model.Verdict]int{}
			}
			answers[a.Via][a.Verdict]++
		}
	}
	if n := answers[alone][model.Committed]; n > 0 {
		t.Errorf("%d clients of the minority were answered committed", n)
	}
	if answers[alone][model.Unknown]+answers[alone][model.Refused] == 0 {
		t.Errorf("no client of the minority was answered that nothing is known: %v", answers)
	}
	for _, w := range r.check(stores) {
		t.Error(w)
	}
	for _, name := range append(c.named(cluster.RoleBroker), "") {
		t.Logf("clients of %-10q were answered %v", name, answers[name])
	}
	t.Logf("%s was alone for %v, in doubt for %v after that", alone, healed.Sub(cut).Round(time.Millisecond), cleared.Round(time.Millisecond))
}

// between does something to every link between one side and the other.
func (r *run) between(side []string, do func(a, b string)) {
	for _, a := range side {
		for _, b := range r.Hosts() {
			if !slices.Contains(side, b) {
				do(a, b)
			}
		}
	}
}
