package explore

import (
	"strconv"
	"strings"
	"testing"
)

// Brief reports whether a test is to be brief: with the race detector, under
// which pure code is ten times as slow and shows nothing, or with -short.
func Brief() bool { return race || testing.Short() }

// Simulation is one random world.
type Simulation interface {
	// Run takes random steps, then heals the world, and says what is wrong.
	Run(steps int) error
	// Trace is what happened, if it was asked for.
	Trace() []string
}

// Seeds are which random worlds to run.
type Seeds struct {
	// One is the only one, printed; 0 means From 1 up to Count.
	One   uint64
	Count uint64
	// Brief is how many are enough where [Brief].
	Brief uint64
	// Steps are taken in each before it is healed.
	Steps int
}

// Simulate makes and runs a world for each seed, and shows those that held. pkg
// is the folder of the test, for the command that replays a failure. It returns
// how many seeds there were.
func Simulate[S Simulation](t *testing.T, pkg string, s Seeds, world func(seed uint64, trace bool) S, held func(S)) uint64 {
	t.Helper()
	from, n := uint64(1), s.Count
	if Brief() {
		n = min(n, s.Brief)
	}
	if s.One != 0 {
		from, n = s.One, 1
	}
	for seed := from; seed < from+n; seed++ {
		w := world(seed, s.One != 0)
		err := w.Run(s.Steps)
		if s.One != 0 {
			t.Log("\n" + strings.Join(w.Trace(), "\n"))
		}
		if err != nil {
			t.Fatalf("seed %d: %v\nreplay it with: go test ./%s -run Simulate -steps %d -v -seed %[1]d", seed, err, pkg, s.Steps)
		}
		held(w)
	}
	Count(t, "seeds", int(n))
	return n
}

// Count reports how many of something a test has seen, so that a run can sum
// them up: states, variants, seeds.
func Count(t *testing.T, what string, n int) {
	t.Helper()
	t.Attr(what, strconv.Itoa(n))
}
