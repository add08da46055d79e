package chatsim

import (
	"flag"
	"strings"
	"testing"
)

var (
	seed     = flag.Uint64("seed", 0, "simulate this seed only, and print what happens")
	seeds    = flag.Uint64("seeds", 3000, "how many seeds to simulate")
	simSteps = flag.Int("steps", 3000, "how many random steps a simulation takes before it is healed")
)

// TestSimulate runs random worlds, each from its seed.
func TestSimulate(t *testing.T) {
	from, n := uint64(1), *seeds
	if raceEnabled || testing.Short() {
		n = min(n, 100)
	}
	if *seed != 0 {
		from, n = *seed, 1
	}
	steps, stored := 0, 0
	for i := from; i < from+n; i++ {
		s := NewSimulation(i, *seed != 0)
		err := s.Run(*simSteps)
		if *seed != 0 {
			t.Log("\n" + strings.Join(s.Trace(), "\n"))
		}
		if err != nil {
			t.Fatalf("seed %d: %v\nreplay it with: go test ./test/chatsim -run Simulate -steps %d -v -seed %d", i, err, *simSteps, i)
		}
		steps, stored = steps+s.Steps(), stored+s.Stored()
	}
	t.Logf("%d seeds, %d steps, %d messages", n, steps, stored)
}
