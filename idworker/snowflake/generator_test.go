package snowflake_test

import (
	"sync"
	"testing"

	"parley/idworker/snowflake"
)

func TestGeneratorWithoutRange(t *testing.T) {
	var g snowflake.Generator
	if id, ok := g.Next(100); ok || id != 0 {
		t.Errorf("without a range it gave %d", id)
	}
	if b, ok := g.Take(100, 10); ok || b.Count != 0 {
		t.Errorf("without a range it gave %+v", b)
	}
	g.Install(snowflake.NewRange(1, 100, 110))
	if id, ok := g.Next(100); !ok || id.Worker() != 1 {
		t.Errorf("got %d and %v", id, ok)
	}
	g.Install(nil)
	if id, ok := g.Next(100); ok {
		t.Errorf("after the range was taken away it gave %d", id)
	}
}

func TestInstallClosesTheOneBefore(t *testing.T) {
	var g snowflake.Generator
	first := snowflake.NewRange(1, 100, 110)
	g.Install(first)
	g.Install(first)
	if _, ok := g.Next(100); !ok {
		t.Error("installing a range again closed it")
	}
	g.Install(snowflake.NewRange(2, 100, 110))
	if _, ok := first.Next(100); ok {
		t.Error("the range before still gives")
	}
	if id, ok := g.Next(100); !ok || id.Worker() != 2 || g.Range().Worker() != 2 {
		t.Errorf("got %d and %v, want an ID of worker 2", id, ok)
	}
}

// TestGeneratorNeverMixes takes while ranges of other workers come: worker and
// counter always belong together.
func TestGeneratorNeverMixes(t *testing.T) {
	var g snowflake.Generator
	var all sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		all.Go(func() {
			for {
				// Worker w has the timestamps from 1000 (w+1) on.
				if b, ok := g.Take(0, 3); ok {
					if at := b.At(0).Timestamp(); at/1000 != int64(b.Worker)+1 {
						t.Errorf("worker %d gave an ID of timestamp %d", b.Worker, at)
						return
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range 10_000 {
		w := i % (snowflake.MaxWorker + 1)
		g.Install(snowflake.NewRange(w, int64(w+1)*1000, int64(w+1)*1000+900))
	}
	close(done)
	all.Wait()
}
