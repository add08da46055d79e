package txwire_test

import (
	"encoding/json"
	"slices"
	"testing"

	"parley/wire/txwire"
)

func submitOf(branches ...string) *txwire.Submit {
	s := &txwire.Submit{V: 1, Key: "k"}
	for i := 0; i < len(branches); i += 2 {
		s.Branches = append(s.Branches, txwire.Branch{Participant: branches[i], Payload: json.RawMessage(branches[i+1])})
	}
	return s
}

func TestDigestIgnoresOrder(t *testing.T) {
	s := submitOf("a", "1", "b", "2", "c", "3")
	want := s.Digest()
	before := slices.Clone(s.Branches)
	for _, order := range [][]int{{0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		o := &txwire.Submit{V: 1}
		for _, i := range order {
			o.Branches = append(o.Branches, s.Branches[i])
		}
		if got := o.Digest(); got != want {
			t.Errorf("order %v: %s, want %s", order, got, want)
		}
	}
	for i := range before {
		if s.Branches[i].Participant != before[i].Participant {
			t.Error("Digest sorted the submission itself")
		}
	}
	// Only the branches count.
	o := *s
	o.Key, o.Wait, o.TimeoutMS, o.Once = "other", txwire.WaitApplied, 5, true
	if o.Digest() != want {
		t.Error("something but the branches counts")
	}
}

// Different submissions never run together to one text that is hashed: not by
// moving a byte from one part into its neighbour. (Without the lengths in front
// of the parts several of these are equal.)
func TestDigestSeesEverything(t *testing.T) {
	seen := map[string]int{}
	for i, s := range []*txwire.Submit{
		submitOf("a", "1"), submitOf("a", "2"), submitOf("b", "1"), submitOf("a", "11"), submitOf("a1", "1"),
		submitOf("a", "1", "b", "2"), submitOf("a", "2", "b", "1"), submitOf("a", "1", "c", "2"),
		submitOf("a", "1b2"), submitOf("ab", "12"), submitOf("a", "b12"), submitOf("a", "11:b1:2"), submitOf("a", ""),
		submitOf("a", "1", "b", "2", "c", "3"), submitOf("a", `{"x":1}`), submitOf("a", `{"x": 1}`),
	} {
		d := s.Digest()
		if other, ok := seen[d]; ok {
			t.Errorf("submissions %d and %d have the digest %s", other, i, d)
		}
		seen[d] = i
	}
	for _, events := range [][]txwire.Event{
		{{}},
		{{}, {}},
		{{Subject: "a", Data: []byte("b")}},
		{{Subject: "ab"}},
		{{Data: []byte("ab")}},
		{{Subject: "a", Headers: []txwire.EventHeader{{Name: "b"}}}},
		{{Subject: "a", Headers: []txwire.EventHeader{{Value: "b"}}}},
		{{Subject: "a"}, {Subject: "b"}},
		{{Subject: "b"}, {Subject: "a"}},
	} {
		s := submitOf("a", "1")
		s.Events = events
		if _, ok := seen[s.Digest()]; ok {
			t.Errorf("events %+v do not change the digest", events)
		}
		seen[s.Digest()] = -1
	}
	// Pinned, since it stands in journals.
	if got := submitOf("delivery", `{"zone":"north"}`, "inventory", `{"item":"soup"}`).Digest(); got != pinnedDigest {
		t.Errorf("the digest changed to %s", got)
	}
}

const pinnedDigest = "7d24ab3b90b58580d75318452bd8c6cc"
