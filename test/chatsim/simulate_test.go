package chatsim

import (
	"flag"
	"testing"

	"parley/test/explore"
)

var (
	seed     = flag.Uint64("seed", 0, "simulate this seed only, and print what happens")
	seeds    = flag.Uint64("seeds", 3000, "how many seeds to simulate")
	simSteps = flag.Int("steps", 3000, "how many random steps a simulation takes before it is healed")
)

// TestSimulate runs random worlds, each from its seed.
func TestSimulate(t *testing.T) {
	steps, stored := 0, 0
	n := explore.Simulate(t, "test/chatsim", explore.Seeds{One: *seed, Count: *seeds, Brief: 100, Steps: *simSteps}, NewSimulation, func(s *Simulation) {
		steps, stored = steps+s.Steps(), stored+s.Stored()
	})
	t.Logf("%d seeds, %d steps, %d messages", n, steps, stored)
}
