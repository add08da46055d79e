package explore

import (
	"flag"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/test/mutant"
	"parley/test/proc"
)

// Config is a bounded world.
type Config interface {
	// Label returns the name of a configuration, and whether it takes seconds with
	// the race detector too.
	Label() (name string, small bool)
}

// Suite is the tests that explored worlds have in common.
type Suite[C Config] struct {
	// Folder is that of the package, from the root.
	Folder string
	// Configs are explored by every run, Larger ones with -deep.
	Configs, Larger []C
	// Explore visits every state of a configuration, at most limit.
	Explore func(c C, limit int) (*Result, error)
	// MaxStates bounds every exploration, and Seeds are simulated, unless the
	// command line has others.
	MaxStates int
	Seeds     Seeds

	config, probe, variant string
	deep                   bool
}

// Flags registers the flags of the suite's tests.
func (s Suite[C]) Flags() *Suite[C] {
	flag.StringVar(&s.config, "config", "", "explore only this configuration")
	flag.BoolVar(&s.deep, "deep", false, "explore the larger configurations too, and catch every broken variant")
	flag.IntVar(&s.MaxStates, "states", s.MaxStates, "the most states of a configuration")
	flag.StringVar(&s.probe, "probe", "", "explore this configuration, the first small one if empty, and print the result as JSON (for TestMutants)")
	flag.StringVar(&s.variant, "mutant", "", "catch only this broken variant, and print its trace")
	flag.Uint64Var(&s.Seeds.One, "seed", 0, "simulate this seed only, and print what happens")
	flag.Uint64Var(&s.Seeds.Count, "seeds", s.Seeds.Count, "how many seeds to simulate")
	flag.IntVar(&s.Seeds.Steps, "steps", s.Seeds.Steps, "how many random steps a simulation takes before it is healed")
	return &s
}

// TestExplore visits every state of every configuration.
func (s *Suite[C]) TestExplore(t *testing.T) {
	configs := s.Configs
	if s.deep {
		configs = append(slices.Clip(configs), s.Larger...)
	}
	if s.config != "" {
		configs = []C{s.named(t, s.config)}
	}
	for _, c := range configs {
		name, small := c.Label()
		if Brief() && !small && s.config == "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			r := s.explore(t, c)
			t.Logf("%-18s %9d states %10d transitions  depth %3d  %s  %5.1f s", name, r.States, r.Transitions, r.Depth, r.Note, time.Since(start).Seconds())
			Count(t, "states", r.States)
			if r.Broken != nil {
				t.Fatalf("%v\n%s", r.Broken, strings.Join(r.Trace, "\n"))
			}
		})
	}
}

func (s *Suite[C]) explore(t *testing.T, c C) *Result {
	t.Helper()
	r, err := s.Explore(c, s.MaxStates)
	if err != nil {
		name, _ := c.Label()
		t.Fatalf("%s: %v", name, err)
	}
	return r
}

func (s *Suite[C]) named(t *testing.T, name string) C {
	t.Helper()
	all := slices.Concat(s.Configs, s.Larger)
	i := slices.IndexFunc(all, func(c C) bool {
		own, small := c.Label()
		return own == name || name == "" && small
	})
	if i < 0 {
		t.Fatalf("no configuration is named %q", name)
	}
	return all[i]
}

// TestProbe is what the test program of a broken variant runs, with the
// configuration that the variant is aimed at. Without one, nothing may break.
// further goes on from the result; it may be nil.
func (s *Suite[C]) TestProbe(t *testing.T, further func(c C, r *Result) (C, bool)) {
	c := s.named(t, s.probe)
	r := s.explore(t, c)
	if further != nil {
		if c, ok := further(c, r); ok {
			r.Then = s.explore(t, c)
		}
	}
	if s.probe == "" && r.Broken != nil {
		t.Fatal(r.Broken)
	}
	mutant.Print(t, r)
}

// TestReduction explores worlds in a reduced way and in full, where visible returns
// every combination that a person could see and how many states there are: the
// combinations must be the same.
func (s *Suite[C]) TestReduction(t *testing.T, worlds []C, exact func(C) C, visible func(t *testing.T, c C, limit int) (map[string]bool, int)) {
	for _, c := range worlds {
		name, small := c.Label()
		if Brief() && !small {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reduced, n := visible(t, c, s.MaxStates)
			all, e := visible(t, exact(c), s.MaxStates)
			t.Logf("%d states, %d reduced, %d sights", e, n, len(all))
			for sight := range all {
				if !reduced[sight] {
					t.Fatalf("the reduced world never shows %s", sight)
				}
			}
			if !maps.Equal(all, reduced) {
				t.Fatal("the reduced world shows what cannot be")
			}
		})
	}
}

// Brief reports whether a test is to be brief: with the race detector, under
// which pure code is ten times as slow and shows nothing, or with -short.
func Brief() bool { return proc.Race || testing.Short() }

// Count reports how many of something a test has seen, so that a run can sum
// them up: states, variants, seeds.
func Count(t *testing.T, what string, n int) {
	t.Helper()
	t.Attr(what, strconv.Itoa(n))
}
