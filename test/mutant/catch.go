package mutant

import (
	"strings"
	"testing"
	"time"

	"parley/test/explore"
)

// Variant is a deliberately broken variant of what an exploration explores. The
// exploration has to find it out.
type Variant[Invariant ~string] struct {
	Name string
	// Config is where it is found out, and Breaks the invariant that breaks.
	Config string
	Breaks Invariant
	Edits  []Edit
}

// Verdict is what the exploration of a variant came to.
type Verdict[Invariant ~string] struct {
	// Broken is the invariant that does not hold, empty if all do, What says
	// how, and Trace leads there.
	Broken Invariant
	What   string
	Trace  []string
	States int
	// Then is what it came to when it went on behind what was Broken, nil if it
	// did not.
	Then *Verdict[Invariant]
}

// Which are the variants that a run catches.
type Which struct {
	// Only is the name of one, whose trace is printed then; empty means all, or
	// a sample.
	Only string
	// All of them, instead of the first: each takes seconds to compile. That the text
	// of every variant still stands in the sources is checked for all.
	All bool
}

// Wants reports whether to catch a variant of that name; first says that it is
// the first.
func (w Which) Wants(name string, first bool) bool {
	if w.Only != "" {
		return name == w.Only
	}
	return w.All || first
}

// Catch compiles the variants and sees the exploration catch each: the test
// TestProbe of the package in the folder pkg, which explores the configuration
// that the flag -probe names and prints a [Verdict].
func Catch[Invariant ~string](t *testing.T, pkg string, which Which, variants []Variant[Invariant], further func(t *testing.T, m Variant[Invariant], v Verdict[Invariant])) {
	for i, m := range variants {
		if !which.Wants(m.Name, i == 0) {
			Applies(t, m.Name, m.Edits)
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			var v Verdict[Invariant]
			Probe(t, pkg, m.Name, m.Edits, &v, "TestProbe", "-probe", m.Config)
			for w := &v; w != nil; w = w.Then {
				t.Logf("%-28s in %-18s broke %-14s %2d steps %8d states %5.1f s: %s",
					m.Name, m.Config, w.Broken, len(w.Trace), w.States, time.Since(start).Seconds(), w.What)
				if which.Only != "" {
					t.Log("\n" + strings.Join(w.Trace, "\n"))
				}
			}
			if v.Broken != m.Breaks {
				t.Errorf("mutant %s broke %q in the configuration %s, expected is %q\n%s", m.Name, v.Broken, m.Config, m.Breaks, strings.Join(v.Trace, "\n"))
			}
			if further != nil {
				further(t, m, v)
			}
			explore.Count(t, "variants", 1)
		})
	}
}
