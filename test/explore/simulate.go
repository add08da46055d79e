package explore

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Simulation is one random world.
type Simulation interface {
	// Run takes random steps, then heals the world, and returns what is wrong.
	Run(steps int) error
	// Trace returns what happened, if it was asked for.
	Trace() []string
}

// Walk is what random walks have in common. All of one follows from its seed.
type Walk struct {
	*rand.Rand
	steps  int
	traced bool
	lines  []string
}

// NewWalk begins the walk of a seed; stream distinguishes walks of different kinds.
func NewWalk(seed, stream uint64, traced bool) Walk {
	return Walk{Rand: rand.New(rand.NewPCG(seed, stream)), traced: traced}
}

// Step counts a step and notes it, if the trace was asked for.
func (w *Walk) Step(line func() string) {
	w.steps++
	if w.traced {
		w.lines = append(w.lines, fmt.Sprintf("%5d. %s", w.steps, line()))
	}
}

// Steps returns how many steps were taken.
func (w *Walk) Steps() int { return w.steps }

// Trace returns one line for each step, if it was asked for.
func (w *Walk) Trace() []string { return w.lines }

// Pick returns one of several at random.
func Pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// Seeds are the random worlds that a test runs.
type Seeds struct {
	// One is the only one, printed; 0 means From 1 up to Count.
	One   uint64
	Count uint64
	// Brief is how many are enough where [Brief].
	Brief uint64
	// Steps are taken in each before it is healed.
	Steps int
}

// Simulate runs a world for each seed, and calls held with those whose promises
// held. pkg is the folder of the test, for the command that replays a failure. It
// returns how many seeds there were.
func Simulate[S Simulation](t *testing.T, pkg string, s Seeds, world func(seed uint64, traced bool) S, held func(S)) uint64 {
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
			t.Fatalf("seed %d: %v\nreplay it with: go test ./%s -run %s -steps %d -v -seed %[1]d", seed, err, pkg, t.Name(), s.Steps)
		}
		held(w)
	}
	Count(t, "seeds", int(n))
	return n
}
