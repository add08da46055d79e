package sim

import (
	"fmt"

	"parley/test/explore"
)

// Result is what an exploration found.
type Result struct {
	States, Transitions, Depth int
	// Finished is how many states are finished ones.
	Finished int
	// Parts are how many different states the parts of each kind have:
	// coordinators, participants, logs, and messages in all.
	Parts [4]int
	// Broken is the invariant that does not hold, empty if all do, What says
	// how, and Trace leads there from the initial state, as short as possible.
	Broken Invariant
	What   string
	Trace  []string
}

// Explore visits every state of a configuration, breadth first, and ends at the
// first that violates an invariant. limit bounds the states; beyond it the
// result is an error, for nothing was proven.
func Explore(cfg *Config, limit int) (*Result, error) {
	w := newWorld(cfg)
	x := &explorer{world: w, seen: explore.NewStates(w.size), result: &Result{}}
	initial := w.initial()
	x.seen.Add(initial, 0)
	if err := x.run(limit); err != nil {
		return x.result, err
	}
	// What a restore lost may wait for an operator for ever.
	if x.result.Broken == "" && !cfg.Copies {
		x.checkLive()
	}
	return x.result, nil
}

type explorer struct {
	world  *world
	seen   *explore.States
	result *Result
	// to are the states that fault-free steps lead to, from is where those of
	// each state begin.
	to   []uint32
	from []uint64
}

func (x *explorer) run(limit int) error {
	w, r := x.world, x.result
	snap := snapshot{parts: make([]branchSets, len(w.cfg.Participants)), clients: make([]clientFacts, len(w.cfg.Clients))}
	buf := make([]uint32, w.size)
	levelEnd := 1
	for i := 0; i < x.seen.Len(); i++ {
		if i == levelEnd {
			levelEnd = x.seen.Len()
			r.Depth++
		}
		if x.seen.Len() > limit {
			x.count()
			return fmt.Errorf("%s has more than %d states", w.cfg.Name, limit)
		}
		x.from = append(x.from, uint64(len(x.to)))
		s := x.seen.At(uint32(i))
		w.expand(s, buf, func(_ int, st *step, next []uint32) bool {
			r.Transitions++
			if st.fx.broken != "" {
				x.fail(Loud, st.fx.broken, uint32(i), st)
				return false
			}
			n, isNew := x.seen.Add(next, uint32(i))
			if isNew {
				if b := w.check(next, &snap); b != nil {
					x.fail(b.invariant, b.text+w.txText(b.tx), n, nil)
					return false
				}
			}
			if !st.fault {
				x.to = append(x.to, n)
			}
			return true
		})
		if r.Broken != "" {
			break
		}
	}
	r.States = x.seen.Len()
	x.count()
	return nil
}

func (x *explorer) count() {
	w := x.world
	x.result.States = x.seen.Len()
	x.result.Parts = [4]int{len(w.coordinators.Items), len(w.participants.Items), len(w.logs.Items)}
	for _, m := range w.messages {
		x.result.Parts[3] += len(m.messages)
	}
}

func (w *world) txText(tx int) string {
	if tx < 0 {
		return ""
	}
	return ": " + w.txs.ids[tx].String()
}

// fail notes a violation in state i, or by a step from it.
func (x *explorer) fail(inv Invariant, what string, i uint32, last *step) {
	x.result.Broken, x.result.What = inv, what
	x.result.Trace = x.trace(i, last)
}
