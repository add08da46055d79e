package chatsim

import (
	"flag"
	"strings"
	"testing"
	"time"

	"parley/test/mutant"
)

var (
	probe      = flag.String("probe", "failure", "explore this configuration and print the result as JSON (for TestMutants)")
	onlyMutant = flag.String("mutant", "", "test only this mutant, and print its trace")
)

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
	mutant.Print(t, r)
}

// TestMutants compiles every broken variant and sees the explorer catch it.
func TestMutants(t *testing.T) {
	if raceEnabled || testing.Short() {
		t.Skip("mutants are compiled and explored without the race detector")
	}
	for _, m := range Mutants() {
		if *onlyMutant != "" && m.Name != *onlyMutant {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			var r Result
			mutant.Probe(t, "test/chatsim", m.Name, m.Edits, &r, "TestProbe", "-probe", m.Config)
			if r.Broken == nil {
				t.Fatalf("mutant %s broke nothing in the configuration %s, expected is %q", m.Name, m.Config, m.Breaks)
			}
			t.Logf("%-26s in %-8s broke %-6s %2d steps %8d states %5.1f s: %s",
				m.Name, m.Config, r.Broken.Invariant, len(r.Trace), r.States, time.Since(start).Seconds(), r.Broken.What)
			if *onlyMutant != "" {
				t.Log("\n" + strings.Join(r.Trace, "\n"))
			}
			if r.Broken.Invariant != m.Breaks {
				t.Errorf("mutant %s broke %q, expected is %q\n%s", m.Name, r.Broken.Invariant, m.Breaks, strings.Join(r.Trace, "\n"))
			}
		})
	}
}
