package mutant

import "testing"

// Variant is what [Run] needs to know of a broken variant.
type Variant interface {
	// Label returns its name and what breaks it.
	Label() (name string, edits []Edit)
}

// Run runs caught with each variant that is wanted, in parallel. Each takes seconds to
// compile, so that of the others Run checks only that they still can be made.
func Run[V Variant](t *testing.T, variants []V, wanted func(i int, v V) bool, caught func(t *testing.T, v V)) {
	for i, v := range variants {
		name, edits := v.Label()
		if !wanted(i, v) {
			Applies(t, name, edits)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caught(t, v)
		})
	}
}
