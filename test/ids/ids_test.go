package ids

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/natsconn"
	"parley/test/proc"
)

var (
	seed  = flag.Uint64("seed", 0, "of the faults; 0 takes a new one")
	count = flag.Int64("count", 20_000_000, "how many IDs to check, at least")
	least = flag.Duration("least", 8*time.Second, "how long to break things, at least, and until each has happened")
)

// program is the program under test, built once.
var program proc.Program

func TestMain(m *testing.M) { proc.TestMain(m, &program, 0) }

// No ID is given twice, whatever happens to the processes, their clocks and the
// broker.
func TestNoDuplicateEver(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("seed %d: repeat the faults with -seed %[1]d", *seed)
	const members, numbers, askers = 10, 7, 8
	c := newHarness(t, members, numbers)
	nc, err := natsconn.Connect(t.Context(), natsconn.Options{URL: c.url, Name: "ids test"})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	census := NewCensus()
	tr := newTraffic(nc, census)

	asking, stopAsking := context.WithCancel(t.Context())
	breaking, stopBreaking := context.WithCancel(t.Context())
	f := &faults{harness: c, rng: rand.New(rand.NewPCG(*seed, 1)), done: make(map[string]int)}
	var traffic sync.WaitGroup
	traffic.Go(func() { tr.run(asking, askers) })
	defer traffic.Wait()
	defer stopAsking()
	began := time.Now()
	time.AfterFunc(*least, stopBreaking)
	f.run(breaking)
	broken := census.Count()

	// What was broken is mended, and what is left of the hundred million is
	// asked for; those that stood still take part.
	for n := broken; n < *count; {
		proc.Eventually(t, proc.Patience, "more IDs", func() error {
			if err := tr.failure(); err != nil {
				t.Fatal(err)
			}
			before := n
			if n = census.Count(); n == before {
				return fmt.Errorf("still %d of %d", n, *count)
			}
			return nil
		})
	}
	stopAsking()
	traffic.Wait()
	if err := tr.failure(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d IDs in %v, %d of them while things broke, 0 twice; times from %v behind to %v ahead of the clock",
		census.Count(), time.Since(began).Round(time.Second), broken, tr.behind, tr.ahead)
	for _, name := range slices.Sorted(maps.Keys(f.done)) {
		t.Logf("  %4d  %s", f.done[name], name)
	}
	for _, why := range slices.Sorted(maps.Keys(tr.refused)) {
		t.Logf("  %4d requests answered: %s", tr.refused[why], why)
	}
	if missing := f.missing(); len(missing) > 0 {
		t.Errorf("%q never happened", missing)
	}
}
