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

// TestMutants compiles every broken variant and sees the explorer catch it.
func TestMutants(t *testing.T) {
	if explore.Brief() {
		t.Skip("mutants are compiled and explored without the race detector")
	}
	mutant.Catch(t, "test/sim", *onlyMutant, Mutants(), nil)
}
