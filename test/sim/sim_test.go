package sim

import (
	"testing"

	"parley/test/explore"
)

var suite = explore.Suite[Config]{
	Folder: "test/sim", Configs: Configs(), Larger: DeepConfigs(), Explore: Explore,
	MaxStates: 40_000_000, Seeds: explore.Seeds{Count: 400, Brief: 20, Steps: 6000},
}.Flags()

// TestExplore visits every state of every configuration.
func TestExplore(t *testing.T) { suite.TestExplore(t) }

// TestProbe is what the test program of a broken variant runs.
func TestProbe(t *testing.T) { suite.TestProbe(t, nil) }

// TestMutants compiles broken variants and sees the exploration catch them, with
// -deep every one.
func TestMutants(t *testing.T) { suite.Mutants(t, Mutants(), nil) }

// TestSimulate runs random worlds, each from its seed.
func TestSimulate(t *testing.T) {
	steps, txs, committed := 0, 0, 0
	n := explore.Simulate(t, suite.Folder, suite.Seeds, NewSimulation, func(s *Simulation) {
		steps, txs, committed = steps+s.Steps(), txs+s.Transactions(), committed+s.Committed()
	})
	t.Logf("%d seeds, %d steps, %d transactions of which %d committed", n, steps, txs, committed)
}
