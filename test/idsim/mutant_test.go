package idsim

import (
	"flag"
	"strings"
	"testing"
	"time"

	"parley/test/mutant"
)

var (
	probe      = flag.String("probe", "alone", "explore this configuration and print the result as JSON (for TestMutants)")
	onlyMutant = flag.String("mutant", "", "test only this mutant, and print its trace")
)

// verdict is what a probe finds. Where it is an ID that was not reserved, it goes
// on to the first one that is made twice.
type verdict struct {
	Result
	Twice *Result
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
	v := verdict{Result: *r}
	if r.Broken == Reserved {
		cfg.Blind = true
		if v.Twice, err = Explore(cfg, *maxStates); err != nil {
			t.Fatal(err)
		}
	}
	mutant.Print(t, v)
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
			var r verdict
			mutant.Probe(t, "test/idsim", m.Name, m.Edits, &r, "TestProbe", "-probe", m.Config)
			t.Logf("%-28s in %-18s broke %-11s %2d steps %8d states %5.1f s: %s",
				m.Name, m.Config, r.Broken, len(r.Trace), r.States, time.Since(start).Seconds(), r.What)
			if *onlyMutant != "" {
				t.Log("\n" + strings.Join(r.Trace, "\n"))
			}
			if w := r.Twice; w != nil {
				t.Logf("%-28s in %-18s broke %-11s %2d steps %8d states        : %s", m.Name, m.Config, w.Broken, len(w.Trace), w.States, w.What)
				if *onlyMutant != "" {
					t.Log("\n" + strings.Join(w.Trace, "\n"))
				}
				if w.Broken != Unique {
					t.Errorf("mutant %s makes an ID that is not reserved, and none twice", m.Name)
				}
			}
			if r.Broken != m.Breaks {
				t.Errorf("mutant %s broke %q in the configuration %s, expected is %q\n%s", m.Name, r.Broken, m.Config, m.Breaks, strings.Join(r.Trace, "\n"))
			}
		})
	}
}
