package explore

import (
	"strings"
	"testing"
	"time"

	"parley/test/mutant"
)

// Variant is a deliberately broken variant of what a world is made of. The
// exploration has to find it out.
type Variant struct {
	Name string
	// Config is where it is found out, and Breaks the invariant that breaks.
	Config string
	Breaks Invariant
	Edits  []mutant.Edit
}

// Break returns a variant.
func Break(name, config string, breaks Invariant, edits ...mutant.Edit) Variant {
	return Variant{name, config, breaks, edits}
}

// Label implements [mutant.Variant].
func (v Variant) Label() (name string, edits []mutant.Edit) { return v.Name, v.Edits }

// Catch runs caught with each variant that the flags ask for, or with the first, see
// [mutant.Run].
func (s *Suite[C]) Catch(t *testing.T, variants []Variant, caught func(t *testing.T, v Variant)) {
	if Brief() {
		t.Skip("variants are compiled and run without the race detector")
	}
	wanted := func(i int, v Variant) bool {
		return s.variant == v.Name || s.variant == "" && (s.deep || i == 0)
	}
	mutant.Run(t, variants, wanted, func(t *testing.T, v Variant) {
		caught(t, v)
		Count(t, "variants", 1)
	})
}

// Mutants catches variants by an exploration: their TestProbe explores the
// configuration that the flag -probe names. then checks what else is expected of
// the result; it may be nil.
func (s *Suite[C]) Mutants(t *testing.T, variants []Variant, then func(*testing.T, Variant, *Result)) {
	s.Catch(t, variants, func(t *testing.T, v Variant) {
		start := time.Now()
		var r Result
		mutant.Probe(t, s.Folder, v.Name, v.Edits, &r, "TestProbe", "-probe", v.Config)
		for at := &r; at != nil && at.Broken != nil; at = at.Then {
			t.Logf("%-28s in %-18s broke %-14s %2d steps %8d states %5.1f s: %s",
				v.Name, v.Config, at.Broken.Invariant, len(at.Trace), at.States, time.Since(start).Seconds(), at.Broken.What)
			if s.variant != "" {
				t.Log("\n" + strings.Join(at.Trace, "\n"))
			}
		}
		switch {
		case r.Broken == nil:
			t.Errorf("variant %s broke nothing in the configuration %s, expected is %q", v.Name, v.Config, v.Breaks)
		case r.Broken.Invariant != v.Breaks:
			t.Errorf("variant %s broke %q in the configuration %s, expected is %q\n%s", v.Name, r.Broken.Invariant, v.Config, v.Breaks, strings.Join(r.Trace, "\n"))
		case then != nil:
			then(t, v, &r)
		}
	})
}
