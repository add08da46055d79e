package status

import (
	"bytes"
	"strings"
	"testing"

	"parley/internal/cli"
	"parley/wire"
	"parley/wire/txwire"
)

// TestCountsWhatIsNotListed: the totals include transactions and violations that the responses leave out.
func TestCountsWhatIsNotListed(t *testing.T) {
	state := txwire.CoordinatorState{V: wire.Version, Unfinished: 303}
	held := txwire.Branches{V: wire.Version, Participant: "delivery", Journal: "j", Prepared: 303, AllViolations: 130}
	for n := range wire.MaxList {
		id := txwire.ID{Log: "bbbbbbbbbbbbbbbb", N: uint64(n + 1)}
		state.Txs = append(state.Txs, txwire.Info{ID: id, Key: "k", State: "committed"})
		held.Branches = append(held.Branches, txwire.BranchInfo{ID: id, Key: "k", State: txwire.BranchPrepared, At: 1})
		held.Violations = append(held.Violations, txwire.Violation{ID: txwire.ID{Log: "vvvvvvvvvvvvvvvv", N: uint64(n + 1)}, Of: "commit"})
	}
	branches := []txwire.Branches{held}
	a := &responses{Coordinators: []txwire.CoordinatorState{state}, Branches: branches}
	s := &Report{}
	for _, p := range branches {
		s.Participants = append(s.Participants, newParticipant(p))
		s.InDoubt.Branches += p.Prepared
	}
	s.addTransactions(a)
	if s.InDoubt.Unfinished != 303 || !s.InDoubt.More || !strings.Contains(s.InDoubt.String(), "303 branches, 303 unfinished transactions") {
		t.Errorf("in doubt is %d, more %v: %s", s.InDoubt.Unfinished, s.InDoubt.More, s.InDoubt.String())
	}
	var out, errs bytes.Buffer
	p := &cli.App{Out: &out, Err: &errs}
	s.printTransactions(p)
	s.printViolations(p)
	for _, want := range []string{"at least 293 more", "130 in all"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
	// A participant of an earlier release does not count its violations.
	branches[0].AllViolations = 0
	s.Participants[0] = newParticipant(branches[0])
	out.Reset()
	s.printViolations(p)
	if !strings.Contains(out.String(), "may be more") {
		t.Errorf("without a total it prints\n%s", &out)
	}
}
