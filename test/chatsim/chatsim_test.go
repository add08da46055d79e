package chatsim

import (
	"fmt"
	"testing"

	"parley/test/explore"
	"parley/test/mutant"
)

var suite = explore.Suite[Config]{
	Folder: "test/chatsim", Configs: Configs(), Explore: Explore,
	MaxStates: 20_000_000, Seeds: explore.Seeds{Count: 3000, Brief: 100, Steps: 3000},
}.Flags()

// TestExplore visits every state of every configuration.
func TestExplore(t *testing.T) { suite.TestExplore(t) }

// TestProbe is what the test program of a broken variant runs.
func TestProbe(t *testing.T) { suite.TestProbe(t, nil) }

// TestMutants compiles broken variants of the room and sees the exploration catch
// them, with -deep every one.
func TestMutants(t *testing.T) { suite.Mutants(t, Mutants(), nil) }

// TestSimulate runs random worlds, each from its seed.
func TestSimulate(t *testing.T) {
	steps, stored := 0, 0
	n := explore.Simulate(t, suite.Folder, suite.Seeds, NewSimulation, func(s *Simulation) {
		steps, stored = steps+s.Steps(), stored+s.Stored()
	})
	t.Logf("%d seeds, %d steps, %d messages", n, steps, stored)
}

// peopleSteps are taken in each world of presence.
const peopleSteps = 1200

// TestPeople runs random worlds of presence, each from its seed.
func TestPeople(t *testing.T) {
	seeds := explore.Seeds{One: suite.Seeds.One, Count: suite.Seeds.Count / 2, Brief: 50, Steps: peopleSteps}
	explore.Simulate(t, suite.Folder, seeds, NewPeopleWorld, func(*PeopleWorld) {})
}

// TestPeopleProbe is what the test program of a broken variant of presence runs.
func TestPeopleProbe(t *testing.T) {
	found := ""
	for seed := uint64(1); seed <= 200 && found == ""; seed++ {
		if err := NewPeopleWorld(seed, false).Run(peopleSteps); err != nil {
			found = fmt.Sprintf("seed %d: %v", seed, err)
		}
	}
	mutant.Print(t, found)
}

// TestPeopleMutants sees a broken variant of the presence core caught, with -deep
// every one.
func TestPeopleMutants(t *testing.T) {
	suite.Catch(t, PeopleMutants(), func(t *testing.T, v explore.Variant) {
		var found string
		mutant.Probe(t, suite.Folder, v.Name, v.Edits, &found, "TestPeopleProbe")
		if found == "" {
			t.Fatalf("variant %s broke nothing", v.Name)
		}
		t.Logf("%-22s %s", v.Name, found)
	})
}
