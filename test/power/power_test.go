package power

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"parley/test/mutant"
	"parley/test/power/disk"
	"parley/test/proc"

	"go.uber.org/goleak"
)

var (
	seed   = flag.Uint64("seed", 0, "of the losses; 0 takes a new one")
	deep   = flag.Bool("deep", false, "find out every variant that acknowledges without syncing")
	rounds = flag.Int("rounds", 3, "how often the power fails, for everything in one process; for a cluster a quarter as often")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	goleak.VerifyTestMain(m)
}

// Nothing that was acknowledged is lost after a loss of power, in one process.
func TestAlone(t *testing.T) {
	t.Parallel()
	lose(t, mutant.Program(t, "parley", nil), alone{}, *rounds)
}

// The same when three brokers and all others lose their power together.
func TestCluster(t *testing.T) {
	t.Parallel()
	lose(t, mutant.Program(t, "parley", nil), clustered{}, max(1, *rounds/4))
}

// lose takes the power away, some times, and checks that no promise is broken.
func lose(t *testing.T, program proc.Program, of shape, rounds int) {
	t.Helper()
	t.Logf("seed %d: repeat the losses with -seed %[1]d", *seed)
	rng := rand.New(rand.NewPCG(*seed, 0))
	p := newPromises()
	s := newHarness(t, program, of)
	for round := range rounds {
		work(s, p, 10+rng.IntN(40))
		lost := s.off(loss(rng, round))
		s.on()
		broken := p.check(t.Context(), s)
		t.Logf("round %d: %+v so far; lost: %d files, %d bytes, %d names; broken: %d", round, p.counts(), lost.LostFiles, lost.LostBytes, lost.LostNames, len(broken))
		for _, b := range broken {
			t.Error(b)
		}
		if t.Failed() {
			t.Fatalf("seed %d, round %d: promises are broken", *seed, round)
		}
	}
}

// loss is harsh and torn in turn.
func loss(rng *rand.Rand, round int) disk.Loss {
	if round%2 == 0 {
		return disk.Drop()
	}
	return disk.Torn(rng)
}

// work lets clients work until there are n more promises of each kind, and cuts
// the power while they are at it.
func work(s *harness, p *promises, n int) {
	s.Helper()
	ctx, stop := context.WithCancel(s.Context())
	var clients sync.WaitGroup
	failed := make(chan error, 1)
	clients.Go(func() { failed <- traffic(ctx, s, p) })
	p.await(s, n)
	s.disk.Cut()
	stop()
	clients.Wait()
	if err := <-failed; err != nil {
		s.Fatal(fmt.Errorf("traffic: %w", err))
	}
}
