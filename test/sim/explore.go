package sim

import (
	"fmt"

	"parley/test/explore"
)

// Explore visits every state of a configuration and ends at the first that violates
// an invariant, see [explore.Explorer]. Then it looks for a state from which no
// finished one can be reached without a fault.
func Explore(cfg Config, limit int) (*explore.Result, error) {
	w := newWorld(&cfg)
	x := explore.Explorer[happening]{Space: w, FaultFree: happening.faultFree}
	err := x.Run(limit)
	finished := 0
	// What a restore lost may wait for an operator for ever.
	if err == nil && x.Broken == nil && !cfg.Copies {
		n, stuck, found := x.Stuck(w.finished)
		if finished = n; found {
			what := "from here nothing without a fault leads to an end: " + w.unfinished(x.Seen.At(stuck))
			x.Fail(&explore.Broken{Invariant: I3, What: what}, stuck)
		}
	}
	x.Note = fmt.Sprintf("finished %8d  parts %v", finished, w.parts())
	return &x.Result, err
}

// happening is a step of one part of a state.
type happening struct {
	at   int
	step *step
}

func (h happening) faultFree() bool { return !h.step.fault }

// parts are how many different states the parts of each kind have: coordinators,
// participants, logs, and messages in all.
func (w *world) parts() [4]int {
	n := [4]int{len(w.coordinators.Items), len(w.participants.Items), len(w.logs.Items)}
	for _, m := range w.messages {
		n[3] += len(m.messages)
	}
	return n
}

// unfinished returns what is not resolved in a state.
func (w *world) unfinished(s []uint32) (text string) {
	for i, name := range w.cfg.Participants {
		for id, b := range w.participants.Items[s[w.atParts+i]].p.durable.rows {
			text += fmt.Sprintf("%s %s at %s; ", id, b.State, name)
		}
	}
	if f := w.eventFacts(s); !f.owed().empty() {
		text += "an event of " + w.txs.ids[f.owed().first()].String() + " is not stored; "
	}
	return text
}
