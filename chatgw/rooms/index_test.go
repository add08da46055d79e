package rooms

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// What the index returns of a room is what the room has, whatever was added to it, in
// whatever order: parts of the room, and messages as they are stored, of which
// some are missed.
func TestIndexIsNeverWrong(t *testing.T) {
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 0))
		x := newIndex(400, 100+random.IntN(200))
		truth := map[string][]uint64{}
		for seq := uint64(1); seq < 1500; seq++ {
			room := []string{"a", "b", "c"}[random.IntN(3)]
			before := truth[room]
			truth[room] = append(before, seq)
			switch {
			case random.IntN(20) == 0: // missed
			case len(before) == 0:
				x.live(room, 0, seq)
			default:
				x.live(room, before[len(before)-1], seq)
			}
			if all := truth[room]; random.IntN(10) == 0 {
				from := random.IntN(len(all))
				to := min(len(all), from+random.IntN(60))
				x.add(room, from == 0, slices.Clone(all[from:to]))
			}
			checkIndex(t, x, truth, random)
			if n := countHeld(x); n != x.size || n > 400+100 {
				t.Fatalf("seed %d: the index holds %d numbers and reports %d", seed, n, x.size)
			}
		}
	}
}

// checkIndex compares one answer with the truth.
func checkIndex(t *testing.T, x *index, truth map[string][]uint64, random *rand.Rand) {
	t.Helper()
	for room, all := range truth {
		below := all[random.IntN(len(all))]
		n := 1 + random.IntN(50)
		seqs, ok := x.before(room, below, below, n)
		if !ok {
			continue
		}
		i, _ := slices.BinarySearch(all, below)
		if want := all[max(0, i-n):i]; !slices.Equal(seqs, want) {
			t.Fatalf("the %d before %d of room %s are %v, it returns %v", n, below, room, want, seqs)
		}
	}
}

func countHeld(x *index) (n int) {
	for _, runs := range x.rooms {
		n += length(runs)
	}
	return n
}

func TestIndexForgets(t *testing.T) {
	x := newIndex(100, 100)
	x.add("a", true, []uint64{1, 3, 5, 9})
	if seqs, ok := x.before("a", 9, 9, 10); !ok || !slices.Equal(seqs, []uint64{1, 3, 5}) {
		t.Fatalf("before: %v, %v", seqs, ok)
	}
	x.forget("a", 4)
	if seqs, ok := x.before("a", 9, 9, 10); ok {
		t.Errorf("it does not know what was before 5, and returns %v", seqs)
	}
	if seqs, ok := x.before("a", 9, 9, 1); !ok || !slices.Equal(seqs, []uint64{5}) {
		t.Errorf("before 9 it returns %v, %v", seqs, ok)
	}
	if countHeld(x) != 2 || x.size != 2 {
		t.Errorf("it holds %d and reports %d", countHeld(x), x.size)
	}
}
