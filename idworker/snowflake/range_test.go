package snowflake_test

import (
	"math"
	"testing"

	"parley/idworker/snowflake"
)

// perMS is how many IDs a worker has in a millisecond.
const perMS = snowflake.MaxSequence + 1

func TestTake(t *testing.T) {
	type take struct {
		now int64
		n   int
		// want is the first counter and how many there are, 0 for none.
		at    int64
		seq   int
		count int
	}
	for _, tt := range []struct {
		name  string
		takes []take
	}{
		{"the clock gives the timestamp", []take{{105, 1, 105, 0, 1}, {107, 1, 107, 0, 1}}},
		{"one millisecond counts", []take{{105, 1, 105, 0, 1}, {105, 3, 105, 1, 3}, {105, 1, 105, 4, 1}}},
		{"a clock that steps back costs nothing", []take{{105, 1, 105, 0, 1}, {101, 1, 105, 1, 1}, {-7, 1, 105, 2, 1}, {math.MinInt64, 1, 105, 3, 1}}},
		{"before the range it starts at from", []take{{3, 2, 100, 0, 2}}},
		{"a full millisecond borrows the next", []take{{105, perMS, 105, 0, perMS}, {105, 2, 106, 0, 2}, {106, 1, 106, 2, 1}}},
		{"a block goes on over milliseconds", []take{{105, 1, 105, 0, 1}, {105, perMS, 105, 1, perMS}}},
		{"a block ends with the range", []take{{108, 3 * perMS, 108, 0, 2 * perMS}, {108, 1, 0, 0, 0}, {0, 1, 0, 0, 0}}},
		{"all of it", []take{{0, math.MaxInt, 100, 0, 10 * perMS}, {0, 1, 0, 0, 0}}},
		{"a clock at the end or beyond gets nothing", []take{{110, 1, 0, 0, 0}, {math.MaxInt64, 1, 0, 0, 0}, {109, 1, 109, 0, 1}}},
		{"none and fewer than none", []take{{105, 0, 0, 0, 0}, {105, -1, 0, 0, 0}, {105, math.MinInt, 0, 0, 0}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := snowflake.NewRange(7, 100, 110)
			for i, k := range tt.takes {
				b, ok := r.Take(k.now, k.n)
				want := snowflake.Block{}
				if k.count > 0 {
					want = snowflake.Block{Worker: 7, Start: snowflake.Counter(k.at, k.seq), Count: k.count}
				}
				if b != want || ok != (k.count > 0) {
					t.Fatalf("take %d: got %+v and %v, want %+v", i, b, ok, want)
				}
			}
		})
	}
}

func TestNextHasTheParts(t *testing.T) {
	r := snowflake.NewRange(31, 100, 110)
	for seq := range 3 {
		id, ok := r.Next(104)
		if !ok || id.Timestamp() != 104 || id.Worker() != 31 || id.Sequence() != seq {
			t.Fatalf("got %d (timestamp %d, worker %d, sequence %d) and %v, want 104, 31, %d", id, id.Timestamp(), id.Worker(), id.Sequence(), ok, seq)
		}
	}
	if id, ok := r.Next(110); id != 0 || ok {
		t.Errorf("beyond the end: got %d and %v, want no ID", id, ok)
	}
}

func TestExtendOnlyRaises(t *testing.T) {
	r := snowflake.NewRange(0, 100, 110)
	r.Extend(105)
	if r.Until() != 110 {
		t.Fatalf("until went down to %d", r.Until())
	}
	r.Extend(120)
	if b, ok := r.Take(119, 1); !ok || b.Start != snowflake.Counter(119, 0) {
		t.Errorf("got %+v and %v after extending to 120", b, ok)
	}
}

func TestAdvance(t *testing.T) {
	r := snowflake.NewRange(0, 100, 110)
	r.Advance(104)
	if id, _ := r.Next(0); id.Timestamp() != 104 {
		t.Errorf("after advancing to 104 the timestamp is %d", id.Timestamp())
	}
	r.Advance(-1)
	r.Advance(101)
	if id, _ := r.Next(0); id.Timestamp() != 104 || id.Sequence() != 1 {
		t.Errorf("advancing went back, to %d", id.Timestamp())
	}
	r.Advance(500)
	if id, ok := r.Next(0); ok {
		t.Errorf("advanced to its end it still gives %d", id)
	}
	if floor := r.Close(); floor != 110 {
		t.Errorf("advanced to its end, the floor is %d, want the end, 110", floor)
	}
}

func TestClose(t *testing.T) {
	for _, tt := range []struct {
		name  string
		taken int
		floor int64
	}{
		{"nothing taken", 0, 100},
		{"one taken", 1, 101},
		{"all but one of a millisecond", perMS - 1, 101},
		{"a whole millisecond", perMS, 101},
		{"one of the next", perMS + 1, 102},
		{"everything", 10 * perMS, 110},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := snowflake.NewRange(0, 100, 110)
			if b, _ := r.Take(0, tt.taken); b.Count != tt.taken {
				t.Fatalf("took %d, want %d", b.Count, tt.taken)
			}
			for range 2 {
				if floor := r.Close(); floor != tt.floor {
					t.Errorf("floor is %d, want %d", floor, tt.floor)
				}
				r.Extend(200)
				r.Advance(150)
			}
			if b, ok := r.Take(150, 1); ok {
				t.Errorf("closed, it still gives %+v", b)
			}
		})
	}
}

func TestNewRangeRefuses(t *testing.T) {
	for _, tt := range []struct {
		name        string
		worker      int
		from, until int64
	}{
		{"worker below 0", -1, 1, 2},
		{"worker 32", 32, 1, 2},
		{"the ID zero", 0, 0, 2},
		{"backwards", 0, 3, 2},
		{"beyond the layout", 0, 1, snowflake.MaxTimestamp + 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it was made")
				}
			}()
			snowflake.NewRange(tt.worker, tt.from, tt.until)
		})
	}
	// The widest there can be.
	r := snowflake.NewRange(snowflake.MaxWorker, 1, snowflake.MaxTimestamp)
	if b, ok := r.Take(snowflake.MaxTimestamp-1, math.MaxInt); !ok || b.Count != perMS || !b.At(b.Count-1).Valid() {
		t.Errorf("the last millisecond gave %+v", b)
	}
}

// TestCloneIsApart sees that the copy for exploration shares nothing.
func TestCloneIsApart(t *testing.T) {
	r := snowflake.NewRange(3, 100, 110)
	c := r.Clone()
	if string(r.AppendKey(nil)) != string(c.AppendKey(nil)) {
		t.Fatal("a copy has another key")
	}
	c.Close()
	if string(r.AppendKey(nil)) == string(c.AppendKey(nil)) {
		t.Fatal("a closed range has the key of an open one")
	}
	if _, ok := r.Next(100); !ok {
		t.Error("closing the copy closed the original")
	}
}
