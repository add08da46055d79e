package machine

import (
	"strings"
	"testing"

	"parley/wire/txwire"
)

// A seal's sequence is compared with that of the log's open record only where both
// count in one incarnation of the stream. (Compared across incarnations, a branch
// in doubt whose log was lost is never aborted: a new stream begins at 1.)
func TestSealComparedWithinOneIncarnation(t *testing.T) {
	const lost, accepted, third = "lostlostlostlost", "acceptedaccepted", "thirdthirdthird2"
	for _, c := range []struct {
		name string
		// branch is the incarnation that the branch's open sequence counts in,
		// answer the one that the answer rests on. The journal remembers accepted.
		branch, answer string
		seal           uint64
		aborted        bool
		violation      string
	}{
		{"same stream, later seal", "", accepted, 5, true, ""},
		{"same stream, older seal", "", accepted, 2, false, "seal at sequence 2"},
		{"same stream, noted as such", accepted, accepted, 2, false, "seal at sequence 2"},
		{"the owner itself", "", accepted, 0, true, ""},
		{"lost stream, seal in the accepted one", lost, accepted, 2, true, ""},
		{"lost stream, answer from it", lost, lost, 9, false, lost},
		{"lost stream, answer from a third", lost, third, 9, false, third},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := Branch{ID: txwire.ID{Log: "testlogtestloga2", N: 1}, Key: "k", OpenSeq: 4, Incarnation: c.branch, State: txwire.BranchPrepared}
			v := View{Branch: &b, Key: &KeyHold{Holder: b.ID, State: txwire.BranchPrepared}}
			s := Resolved(Env{Incarnation: accepted}, v, txwire.Resolved{Status: txwire.StatusAborted, SealSeq: c.seal, Incarnation: c.answer})
			if got := s.Put != nil && s.Put.State == txwire.BranchAborted && s.Call == CallAbort; got != c.aborted {
				t.Errorf("aborted is %v, want %v: %+v", got, c.aborted, s)
			}
			if (s.Violation == "") != (c.violation == "") || !strings.Contains(s.Violation, c.violation) {
				t.Errorf("the violation is %q, want one with %q", s.Violation, c.violation)
			}
			if replaced := c.branch == lost && c.aborted; replaced && !strings.Contains(s.Put.Reason, lost) {
				t.Errorf("the reason %q does not name the lost stream", s.Put.Reason)
			}
		})
	}
}
