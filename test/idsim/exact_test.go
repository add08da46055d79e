package idsim

import (
	"fmt"
	"maps"
	"testing"

	"parley/test/explore"
)

// TestReductionLosesNothing explores small worlds in every order of events and
// in the reduced one: whenever all processes wait for time to pass, what can be
// seen (the broker's time, the newest records, the IDs made) must be the same
// set of combinations.
func TestReductionLosesNothing(t *testing.T) {
	worlds := usual([]Config{
		{Name: "stop", Until: begin + 4, May: Troubles{Stops: 1}},
		{Name: "stop-silence", Until: begin + 3, May: Troubles{Stops: 1, Silences: 1}},
		{Name: "crash-silence", Until: begin + 4, May: Troubles{Crashes: 1, Silences: 1}},
		{Name: "drain-stop", Until: begin + 3, May: Troubles{Drains: 1, Stops: 1}},
		{Name: "drain-crash", Until: begin + 3, May: Troubles{Drains: 1, Crashes: 1}},
		{Name: "jump-stop", Until: begin + 3, May: Troubles{Jumps: 1, Stops: 1}, Offsets: []int64{-3}},
		{Name: "silence", Until: begin + 5, May: Troubles{Silences: 1}, Small: true},
		{Name: "stale", Until: begin + 5, May: Troubles{Stale: 1}, Small: true},
		{Name: "crash", Until: begin + 5, May: Troubles{Crashes: 1}, Small: true},
		{Name: "clocks", Until: begin + 4, May: Troubles{Jumps: 1}, Offsets: []int64{-3, 50}, Small: true},
		{Name: "drain", Until: begin + 4, May: Troubles{Drains: 1}, Small: true},
		{Name: "retire", Until: begin + 5, May: Troubles{Retires: 1}, Small: true},
		{Name: "numbers", Until: begin + 4, Numbers: 2, May: Troubles{Silences: 1}, Small: true},
	})
	for _, cfg := range worlds {
		if explore.Brief() && !cfg.Small {
			continue
		}
		t.Run(cfg.Name, func(t *testing.T) {
			t.Parallel()
			reduced, n := visible(t, cfg)
			cfg.Exact = true
			exact, e := visible(t, cfg)
			t.Logf("%d states, %d reduced, %d sights", e, n, len(exact))
			for s := range exact {
				if !reduced[s] {
					t.Fatalf("the reduced world never shows %s", s)
				}
			}
			if !maps.Equal(exact, reduced) {
				t.Fatal("the reduced world shows what cannot be")
			}
		})
	}
}

// visible is every combination that a person could see, and how many states the
// world has.
func visible(t *testing.T, cfg Config) (map[string]bool, int) {
	x := newExplorer(&cfg)
	if err := x.run(*maxStates); err != nil {
		t.Fatal(err)
	}
	if x.result.Broken != "" {
		t.Fatalf("%s: %s", x.result.Broken, x.result.What)
	}
	sights := map[string]bool{}
	for i := range uint32(x.seen.Len()) {
		if w := x.decode(x.seen.At(i)); w.idle() {
			sights[w.visible()] = true
		}
	}
	return sights, x.seen.Len()
}

func (w *world) visible() string {
	s := fmt.Sprintf("time %d", w.g.now)
	for n, r := range w.regs {
		if row := r.newest(w.g.incarnation); row != nil {
			s += "; " + recordText(row.Record)
		}
		s += fmt.Sprintf("; of %d %v", n, r.taken)
	}
	for _, p := range w.procs {
		s += fmt.Sprintf("; %s %v", p.name(), p.m == nil)
	}
	return s
}
