package chatsim

import (
	"fmt"
	"testing"

	"parley/test/explore"
	"parley/test/mutant"
)

// TestPeople runs random worlds of presence, each from its seed.
func TestPeople(t *testing.T) {
	n := *seeds / 2
	if explore.Brief() {
		n = min(n, 50)
	}
	if err := peopleWorlds(n); err != nil {
		t.Fatal(err)
	}
	explore.Count(t, "seeds", int(n))
}

func peopleWorlds(n uint64) error {
	for seed := uint64(1); seed <= n; seed++ {
		if err := NewPeopleWorld(seed).Run(1200); err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
	}
	return nil
}

// TestPeopleProbe is what a mutated test binary runs.
func TestPeopleProbe(t *testing.T) {
	found := ""
	if err := peopleWorlds(200); err != nil {
		found = err.Error()
	}
	mutant.Print(t, found)
}

// TestPeopleMutants sees a broken variant of the presence core caught, with -deep
// every one.
func TestPeopleMutants(t *testing.T) {
	if explore.Brief() {
		t.Skip("mutants are compiled and run without the race detector")
	}
	which := mutant.Which{Only: *onlyMutant, All: *deep}
	for i, m := range PeopleMutants() {
		if !which.Wants(m.Name, i == 0) {
			mutant.Applies(t, m.Name, m.Edits)
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			var found string
			mutant.Probe(t, "test/chatsim", m.Name, m.Edits, &found, "TestPeopleProbe")
			if found == "" {
				t.Fatalf("mutant %s broke nothing", m.Name)
			}
			t.Logf("%-22s %s", m.Name, found)
			explore.Count(t, "variants", 1)
		})
	}
}
