package sim

import (
	"flag"
	"testing"

	"parley/test/explore"
)

var (
	seed     = flag.Uint64("seed", 0, "simulate this seed only, and print what happens")
	seeds    = flag.Uint64("seeds", 400, "how many seeds to simulate")
	simSteps = flag.Int("steps", 6000, "how many random steps a simulation takes before it is healed")
)

// TestSimulate runs random worlds, each from its seed.
func TestSimulate(t *testing.T) {
	steps, txs, committed := 0, 0, 0
	n := explore.Simulate(t, "test/sim", explore.Seeds{One: *seed, Count: *seeds, Brief: 20, Steps: *simSteps}, NewSimulation, func(s *Simulation) {
		steps, txs, committed = steps+s.Steps(), txs+s.Transactions(), committed+s.Committed()
	})
	t.Logf("%d seeds, %d steps, %d transactions of which %d committed", n, steps, txs, committed)
}
