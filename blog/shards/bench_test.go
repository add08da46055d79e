package shards

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"parley/blog/pgtest"
	"parley/idworker/snowflake"
)

// BenchmarkOpen makes a blog of 8 shards, and opens it again.
func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		c := Config{Dir: b.TempDir(), Shards: 8}
		shut(b, openUnclosed(b, c))
		shut(b, openUnclosed(b, c))
	}
}

// BenchmarkPost stores posts of 200 bytes with keys, 256 at a time.
func BenchmarkPost(b *testing.B) {
	for _, k := range []kind{sqliteKind(), postgresKind(pgtest.Run(b))} {
		for _, n := range []int{1, 2, 4, 8, 16} {
			for _, concurrent := range []int{1, 256} {
				b.Run(fmt.Sprintf("%s/shards=%d/inflight=%d", k.name, n, concurrent), func(b *testing.B) {
					set := open(b, k.place(b, n))
					benchmarkPost(b, set, concurrent)
					c := set.Counts()
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
					b.ReportMetric(float64(c.Posts)/float64(c.Groups), "posts/group")
				})
			}
		}
	}
}

func benchmarkPost(b *testing.B, set *Set, concurrent int) {
	text := fmt.Sprintf("%0200d", 7)
	var next atomic.Int64
	var workers sync.WaitGroup
	b.ResetTimer()
	for range concurrent {
		workers.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if r := set.Add(b.Context(), newPost(fmt.Sprintf("user-%d", i%1000), text, fmt.Sprintf("key-%d", i))); r.Err != nil {
					b.Error(r.Err)
					return
				}
			}
		})
	}
	workers.Wait()
	b.StopTimer()
}

// BenchmarkTimeline reads pages of 20 posts from the middle of 20,000.
func BenchmarkTimeline(b *testing.B) {
	for _, k := range []kind{sqliteKind(), postgresKind(pgtest.Run(b))} {
		for _, n := range []int{1, 8, 16} {
			set := open(b, k.place(b, n))
			var posts atomic.Int64
			var workers sync.WaitGroup
			var middle atomic.Int64
			for range 256 {
				workers.Go(func() {
					for i := posts.Add(1); i <= 20_000; i = posts.Add(1) {
						if p := add(b, set, fmt.Sprintf("user-%d", i%100), "a text of a few words, as they are", ""); i == 10_000 {
							middle.Store(int64(p.ID))
						}
					}
				})
			}
			workers.Wait()
			before := snowflake.ID(middle.Load())
			b.Run(fmt.Sprintf("%s/shards=%d/user", k.name, n), func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					if page, _, _, err := set.Timeline(b.Context(), fmt.Sprintf("user-%d", i%100), before, 20); err != nil || len(page) != 20 {
						b.Fatal(len(page), err)
					}
				}
			})
			b.Run(fmt.Sprintf("%s/shards=%d/all", k.name, n), func(b *testing.B) {
				for b.Loop() {
					if page, _, err := set.Newest(b.Context(), before, 20); err != nil || len(page) != 20 {
						b.Fatal(len(page), err)
					}
				}
			})
		}
	}
}
