package snowflake_test

import (
	"testing"

	"parley/idworker/snowflake"
	"parley/wire/idwire"
)

// BenchmarkNext is the hot path inside a lease, the clock aside.
func BenchmarkNext(b *testing.B) {
	var g snowflake.Generator
	g.Install(snowflake.NewRange(1, 1, snowflake.MaxTimestamp))
	for b.Loop() {
		if _, ok := g.Next(1); !ok {
			b.Fatal("the range has ended")
		}
	}
}

// BenchmarkNextContended is the same with one taker for each CPU.
func BenchmarkNextContended(b *testing.B) {
	var g snowflake.Generator
	g.Install(snowflake.NewRange(1, 1, snowflake.MaxTimestamp))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, ok := g.Next(1); !ok {
				b.Error("the range has ended")
				return
			}
		}
	})
}

// BenchmarkTakeBlock takes what a client library asks for at once.
func BenchmarkTakeBlock(b *testing.B) {
	var g snowflake.Generator
	g.Install(snowflake.NewRange(1, 1, snowflake.MaxTimestamp))
	for b.Loop() {
		if _, ok := g.Take(1, idwire.MaxIDs); !ok {
			b.Fatal("the range has ended")
		}
	}
}
