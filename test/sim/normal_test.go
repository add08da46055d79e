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
// form: what can be seen (branches, commits that were stored, what clients are
// told) must be the same set of combinations.
func TestNormalFormLosesNothing(t *testing.T) {
	quiet := CoordinatorConfig{}
	worlds := named(pair(), []Config{
		{Name: "seal", Clients: []ClientConfig{order(1, true)}, Coordinators: coordinators(quiet, CoordinatorConfig{Seals: 1}), Small: true},
		{Name: "refuse", Clients: []ClientConfig{order(1, false)}, Refuses: pair(), Late: true, Coordinators: coordinators(quiet, quiet), Small: true},
	})
	for _, cfg := range worlds {
		if explore.Brief() && !cfg.Small {
			continue
		}
		t.Run(cfg.Name, func(t *testing.T) {
			t.Parallel()
			normal, n := visible(t, cfg)
			cfg.Exact = true
			exact, e := visible(t, cfg)
			t.Logf("%d states, %d in normal form, %d sights", e, n, len(exact))
			for s := range exact {
				if !normal[s] {
					t.Fatalf("the normal form never shows %s", s)
				}
			}
			for s := range normal {
				if !exact[s] {
					t.Fatalf("only the normal form shows %s", s)
				}
			}
		})
	}
}

// visible is every combination that a person could see, and how many states
// the world has.
func visible(t *testing.T, cfg Config) (map[string]bool, int) {
	w := newWorld(&cfg)
	x := &explorer{world: w, seen: explore.NewStates(w.size), result: &Result{}}
	x.seen.Add(w.initial(), 0)
	if err := x.run(*maxStates); err != nil {
		t.Fatal(err)
	}
	if x.result.Broken != "" {
		t.Fatalf("%s: %s", x.result.Broken, x.result.What)
	}
	sights := map[string]bool{}
	for i := range uint32(x.seen.Len()) {
		sights[w.sight(x.seen.At(i))] = true
	}
	return sights, x.seen.Len()
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
		b = fmt.Appendf(b, "%s told %s %s after %d tries; ", c.cfg.Name, c.told, c.id, c.tries)
	}
	return string(b)
}
