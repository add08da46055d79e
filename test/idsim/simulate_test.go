package idsim

import (
	"flag"
	"strings"
	"testing"
	"time"
)

var (
	seed     = flag.Uint64("seed", 0, "simulate this seed only, and print what happens")
	seeds    = flag.Uint64("seeds", 500, "how many seeds to simulate")
	simSteps = flag.Int("steps", 10_000, "how many random steps a simulation takes before it is healed")
)

// TestSimulate runs random worlds, each from its seed.
func TestSimulate(t *testing.T) {
	from, n := uint64(1), *seeds
	if raceEnabled || testing.Short() {
		n = min(n, 20)
	}
	if *seed != 0 {
		from, n = *seed, 1
	}
	steps, ids, records, start := 0, int64(0), uint64(0), time.Now()
	for i := from; i < from+n; i++ {
		s := NewSimulation(i, *seed != 0)
		err := s.Run(*simSteps)
		if *seed != 0 {
			t.Log("\n" + strings.Join(s.Trace(), "\n"))
		}
		if err != nil {
			t.Fatalf("seed %d: %v\nreplay it with: go test ./test/idsim -run Simulate -steps %d -v -seed %d", i, err, *simSteps, i)
		}
		steps, ids, records = steps+s.Steps(), ids+s.IDs(), records+s.Records()
	}
	t.Logf("%d seeds, %d steps, %d records, %d IDs, %.1f s", n, steps, records, ids, time.Since(start).Seconds())
}
