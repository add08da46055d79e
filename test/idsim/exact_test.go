package idsim

import (
	"fmt"
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
	exact := func(c Config) Config { c.Exact = true; return c }
	suite.TestReduction(t, worlds, exact, visible)
}

// visible is every combination that a person could see, and how many states the
// world has.
func visible(t *testing.T, cfg Config, limit int) (map[string]bool, int) {
	s := newSpace(&cfg)
	x := explore.Explorer[event]{Space: s}
	if err := x.Run(limit); err != nil {
		t.Fatal(err)
	}
	if x.Broken != nil {
		t.Fatal(x.Broken)
	}
	sights := map[string]bool{}
	for i := range uint32(x.States) {
		if w := s.decode(x.Seen.At(i)); w.idle() {
			sights[w.visible()] = true
		}
	}
	return sights, x.States
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
