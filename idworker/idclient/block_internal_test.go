package idclient

import (
	"math/rand/v2"
	"testing"
	"time"

	"parley/idworker/snowflake"
)

// Whatever the workers and the places of a block and an ID, above keeps what is
// larger than the ID and nothing else.
func TestAbove(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		// About one millisecond boundary, with three workers.
		b := snowflake.Block{Worker: r.IntN(3), Start: 1<<20 - 40 + r.Int64N(80), Count: 1 + r.IntN(60)}
		id := snowflake.Block{Worker: r.IntN(3), Start: 1<<20 - 60 + r.Int64N(140), Count: 1}.At(0)
		var want []snowflake.ID
		for i := range b.Count {
			if b.At(i) > id {
				want = append(want, b.At(i))
			}
		}
		got := above(b, id)
		if got.Count != len(want) || got.Count > 0 && (got.At(0) != want[0] || last(got) != want[len(want)-1]) {
			t.Fatalf("of %+v above %d (worker %d, timestamp %d, sequence %d) is %+v, want %d IDs from %v",
				b, id, id.Worker(), id.Timestamp(), id.Sequence(), got, len(want), want)
		}
	}
	if all := (snowflake.Block{Worker: 3, Start: 1, Count: 9}); above(all, 0) != all {
		t.Error("everything is above no ID")
	}
}

func TestOverlap(t *testing.T) {
	b := snowflake.Block{Worker: 1, Start: 100, Count: 10}
	for _, c := range []struct {
		other snowflake.Block
		want  bool
	}{
		{snowflake.Block{Worker: 1, Start: 109, Count: 1}, true},
		{snowflake.Block{Worker: 1, Start: 1, Count: 100}, true},
		{snowflake.Block{Worker: 1, Start: 50, Count: 500}, true},
		{snowflake.Block{Worker: 1, Start: 103, Count: 2}, true},
		{snowflake.Block{Worker: 1, Start: 110, Count: 10}, false},
		{snowflake.Block{Worker: 1, Start: 90, Count: 10}, false},
		{snowflake.Block{Worker: 2, Start: 100, Count: 10}, false},
		{snowflake.Block{}, false},
	} {
		if overlap(b, c.other) != c.want || overlap(c.other, b) != c.want {
			t.Errorf("%+v and %+v: overlap is %v", b, c.other, !c.want)
		}
	}
}

// Age is taken from the clock that moved further.
func TestAge(t *testing.T) {
	born := moment{wall: 1000 * time.Hour, run: time.Minute}
	for _, c := range []struct {
		what      string
		wall, run time.Duration
		want      time.Duration
	}{
		{"both run", time.Second, time.Second, time.Second},
		{"the clock was set back", time.Second - time.Hour, time.Second, time.Second},
		{"the machine was suspended", time.Hour, time.Second, time.Hour},
		{"the clock was set ahead", time.Hour + time.Second, time.Second, time.Hour + time.Second},
	} {
		if got := (moment{born.wall + c.wall, born.run + c.run}).since(born); got != c.want {
			t.Errorf("%s: the age is %v, want %v", c.what, got, c.want)
		}
	}
}

// A goroutine that still has a block of before takes nothing from it, or it
// would get a smaller ID than was given meanwhile.
func TestNothingFromBlocksOfBefore(t *testing.T) {
	s := stock{least: 1, most: 1, size: 1, maxAge: time.Second}
	for n := range 3 {
		if usable, err := s.add(snowflake.Block{Worker: 1, Start: int64(100 + 10*n), Count: 10}, moment{run: time.Duration(n) * time.Second / 2}); !usable || err != nil {
			t.Fatal(usable, err)
		}
	}
	take := func(at time.Duration) *block {
		t.Helper()
		if !s.advance(moment{run: at}) {
			t.Fatalf("nothing at hand after %v", at)
		}
		return s.current
	}
	first := take(0)
	second := take(time.Second) // the first is old
	if second == first {
		t.Error("an old block is the current one")
	}
	if part, ok := first.take(1); ok {
		t.Errorf("took %+v from a block that is old", part)
	}
	s.drop()
	if part, ok := second.take(1); ok || s.advance(moment{}) {
		t.Errorf("took %+v from a block that was dropped", part)
	}
}
