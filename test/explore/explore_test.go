package explore_test

import (
	"slices"
	"testing"

	"parley/test/explore"
)

func TestStatesKeepEachOnce(t *testing.T) {
	s := explore.NewStates(2)
	const n = 300
	for round := range 2 {
		for a := range uint32(n) {
			for b := range uint32(n) {
				i, isNew := s.Add([]uint32{a, b}, a)
				if i != a*n+b || isNew != (round == 0) {
					t.Fatalf("round %d: state %d,%d has number %d, new %v", round, a, b, i, isNew)
				}
			}
		}
	}
	if s.Len() != n*n || !slices.Equal(s.At(n*n-1), []uint32{n - 1, n - 1}) {
		t.Errorf("there are %d states, the last is %v", s.Len(), s.At(n*n-1))
	}
}

func TestPathLeadsFromTheFirst(t *testing.T) {
	s := explore.NewStates(1)
	for i, parent := range []uint32{0, 0, 1, 0, 2} {
		s.Add([]uint32{uint32(i)}, parent)
	}
	if p := s.Path(4); !slices.Equal(p, []uint32{0, 1, 2, 4}) {
		t.Errorf("the path is %v", p)
	}
}

func TestTableNumbersParts(t *testing.T) {
	table := explore.NewTable[string]()
	made := 0
	of := func(s string) uint32 {
		return table.Intern([]byte(s), func() *string { made++; return &s })
	}
	if a, b, c := of("a"), of("b"), of("a"); a != 0 || b != 1 || c != 0 || made != 2 || *table.Items[1] != "b" {
		t.Errorf("a is %d, b is %d, a again is %d, made %d", a, b, c, made)
	}
}
