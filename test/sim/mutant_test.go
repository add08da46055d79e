package sim

import (
	"flag"
	"testing"

	"parley/test/explore"
	"parley/test/mutant"
)

var (
	probe      = flag.String("probe", "groups", "explore this configuration and print the result as JSON (for TestMutants)")
	onlyMutant = flag.String("mutant", "", "test only this mutant, and print its trace")
)

// verdict is what a probe finds.
func (r *Result) verdict() *mutant.Verdict[Invariant] {
	return &mutant.Verdict[Invariant]{Broken: r.Broken, What: r.What, Trace: r.Trace, States: r.States}
}

// TestProbe is what a mutated test binary runs, with the configuration that its
// mutant is aimed at. Without a mutation, nothing may break.
func TestProbe(t *testing.T) {
	cfg, ok := ConfigNamed(*probe)
	if !ok {
		t.Fatalf("no configuration is named %q", *probe)
	}
	r, err := Explore(cfg, *maxStates)
	if err != nil {
		t.Fatal(err)
	}
	mutant.Print(t, r.verdict())
}

// TestMutants compiles broken variants and sees the explorer catch them, with
// -deep every one.
func TestMutants(t *testing.T) {
	if explore.Brief() {
		t.Skip("mutants are compiled and explored without the race detector")
	}
	mutant.Catch(t, "test/sim", mutant.Which{Only: *onlyMutant, All: *deep}, Mutants(), nil)
}
