package snowflake_test

import (
	"slices"
	"sync"
	"testing"

	"parley/idworker/snowflake"
)

// TestConcurrentTakers lets many take while the range is extended, advanced and
// at last closed: no ID is given twice, each taker's own ascend, and what was
// given ends below the floor.
func TestConcurrentTakers(t *testing.T) {
	const takers, from, steps = 8, 1000, 200
	r := snowflake.NewRange(5, from, from+1)
	closed := make(chan struct{})
	taken := make([][]snowflake.Block, takers)
	var started, all sync.WaitGroup
	for i := range takers {
		started.Add(1)
		all.Go(func() {
			started.Done()
			for n := 1; ; n = n%97 + 1 {
				// Clocks that differ, and step back.
				if b, ok := r.Take(from+int64(n%3*i), n); ok {
					taken[i] = append(taken[i], b)
					continue
				}
				select {
				case <-closed:
					return
				default:
				}
			}
		})
	}
	started.Wait()
	for i := range int64(steps) {
		r.Extend(from + i)
		r.Advance(from + i/2)
	}
	floor := r.Close()
	close(closed)
	all.Wait()

	var blocks []snowflake.Block
	for i, own := range taken {
		for j := 1; j < len(own); j++ {
			if own[j].Start < own[j-1].Start+int64(own[j-1].Count) {
				t.Fatalf("taker %d got %+v after %+v", i, own[j], own[j-1])
			}
		}
		blocks = append(blocks, own...)
	}
	slices.SortFunc(blocks, func(a, b snowflake.Block) int { return int(a.Start - b.Start) })
	for i := 1; i < len(blocks); i++ {
		if blocks[i].Start < blocks[i-1].Start+int64(blocks[i-1].Count) {
			t.Fatalf("%+v and %+v overlap", blocks[i-1], blocks[i])
		}
	}
	if len(blocks) == 0 {
		t.Fatal("nobody got anything")
	}
	last := blocks[len(blocks)-1]
	if end := last.Start + int64(last.Count); end > snowflake.Counter(floor, 0) {
		t.Errorf("%+v was given at or above the floor %d", last, floor)
	}
}

// TestCloseIsOneMoment races many single takes with Close: what was never given
// is known exactly.
func TestCloseIsOneMoment(t *testing.T) {
	for range 200 {
		r := snowflake.NewRange(0, 1, 4)
		var highest [4]snowflake.ID
		var all sync.WaitGroup
		ready := make(chan struct{}, len(highest))
		for i := range highest {
			all.Go(func() {
				ready <- struct{}{}
				for {
					id, ok := r.Next(1)
					if !ok {
						return
					}
					highest[i] = id
				}
			})
		}
		for range highest {
			<-ready
		}
		floor := r.Close()
		all.Wait()
		top := slices.Max(highest[:])
		want := int64(1)
		if top != 0 {
			want = top.Timestamp() + 1
		}
		if floor != want {
			t.Fatalf("the highest ID has timestamp %d, the floor is %d, want %d", top.Timestamp(), floor, want)
		}
	}
}
