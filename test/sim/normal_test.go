package sim

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"parley/test/explore"
	"parley/wire/txwire"
)

// TestNormalFormLosesNothing explores small worlds as they are and in normal
// form: what can be seen (branches, commits that were stored, the answers of
// clients) must be the same set of combinations.
func TestNormalFormLosesNothing(t *testing.T) {
	quiet := CoordinatorConfig{}
	worlds := named(pair(), []Config{
		{Name: "seal", Clients: []ClientConfig{order(1, true)}, Coordinators: coordinators(quiet, CoordinatorConfig{Seals: 1}), Small: true},
		{Name: "refuse", Clients: []ClientConfig{order(1, false)}, Refuses: pair(), Late: true, Coordinators: coordinators(quiet, quiet), Small: true},
	})
	exact := func(c Config) Config { c.Exact = true; return c }
	suite.TestReduction(t, worlds, exact, visible)
}

// visible is every combination that a person could see, and how many states
// the world has.
func visible(t *testing.T, cfg Config, limit int) (map[string]bool, int) {
	w := newWorld(&cfg)
	x := explore.Explorer[happening]{Space: w}
	if err := x.Run(limit); err != nil {
		t.Fatal(err)
	}
	if x.Broken != nil {
		t.Fatal(x.Broken)
	}
	sights := map[string]bool{}
	for i := range uint32(x.States) {
		sights[w.sight(x.Seen.At(i))] = true
	}
	return sights, x.States
}

func (w *world) sight(s []uint32) string {
	var b []byte
	for i := range w.slots {
		w.logs.Items[s[w.atLogs+i]].l.committed(func(id txwire.ID, _ txwire.Committed) { b = fmt.Appendf(b, "%s committed; ", id) })
	}
	for i, name := range w.cfg.Participants {
		p := w.participants.Items[s[w.atParts+i]].p
		for _, id := range slices.SortedFunc(maps.Keys(p.durable.rows), txwire.ID.Compare) {
			b = fmt.Appendf(b, "%s %s at %s; ", id, p.durable.rows[id].State, name)
		}
		for key, k := range p.durable.keys {
			b = fmt.Appendf(b, "%s held %s at %s; ", key, k.State, name)
		}
	}
	for i := range w.cfg.Clients {
		c := w.clients.Items[s[w.atClients+i]].c
		b = fmt.Appendf(b, "%s answered %s %s after %d tries; ", c.cfg.Name, c.answer, c.id, c.tries)
	}
	return string(b)
}
