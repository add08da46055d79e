package idsim

import (
	"flag"
	"testing"
	"time"

	"parley/test/explore"
)

var (
	seed     = flag.Uint64("seed", 0, "simulate this seed only, and print what happens")
	seeds    = flag.Uint64("seeds", 500, "how many seeds to simulate")
	simSteps = flag.Int("steps", 10_000, "how many random steps a simulation takes before it is healed")
)

// TestSimulate runs random worlds, each from its seed.
func TestSimulate(t *testing.T) {
	steps, ids, records, start := 0, int64(0), uint64(0), time.Now()
	n := explore.Simulate(t, "test/idsim", explore.Seeds{One: *seed, Count: *seeds, Brief: 20, Steps: *simSteps}, NewSimulation, func(s *Simulation) {
		steps, ids, records = steps+s.Steps(), ids+s.IDs(), records+s.Records()
	})
	t.Logf("%d seeds, %d steps, %d records, %d IDs, %.1f s", n, steps, records, ids, time.Since(start).Seconds())
}
