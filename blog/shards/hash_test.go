package shards

import (
	"fmt"
	"testing"
)

// Where posts are must never change: these were computed by another program.
func TestPlacement(t *testing.T) {
	for _, c := range []struct {
		user        string
		of8, of1024 int
	}{
		{"ada", 6, 990},
		{"grace.hopper@example.org", 3, 107},
		{"Ægir_7", 5, 141},
	} {
		if a, b := Of(c.user, 8), Of(c.user, 1024); a != c.of8 || b != c.of1024 || Of(c.user, 1) != 0 {
			t.Errorf("%q is in shard %d of 8 and %d of 1024, want %d and %d", c.user, a, b, c.of8, c.of1024)
		}
	}
}

func TestSpread(t *testing.T) {
	const users, n = 80_000, 8
	var counts [n]int
	for i := range users {
		counts[Of(fmt.Sprintf("user-%d", i), n)]++
	}
	for i, c := range counts {
		if c < users/n*95/100 || c > users/n*105/100 {
			t.Errorf("shard %d has %d of %d users", i, c, users)
		}
	}
}
