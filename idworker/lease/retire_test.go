package lease_test

import (
	"strings"
	"testing"

	"parley/idworker/lease"
	"parley/wire/idwire"
)

func TestRetire(t *testing.T) {
	limits := lease.DefaultLimits()
	const now, far = 100_000, 100_000 + 20_001
	for _, tt := range []struct {
		name    string
		found   *lease.Row
		want    string // the write
		refused string
	}{
		{"far in the future", ptr(held(3, far, 7)), "write 3 retired until 120001 as " + other + " after 7", ""},
		{"released in the future", ptr(row(3, idwire.LeaseReleased, far, 7, other)), "write 3 retired until 120001 as " + other + " after 7", ""},
		{"retired already", ptr(row(3, idwire.LeaseRetired, far, 7, other)), "", ""},
		{"perhaps alive", ptr(held(3, far-1, 7)), "", "worker 3 is held until 20000 ms after the broker's time"},
		{"passed", ptr(held(3, now-5, 7)), "", "worker 3 is held until -5 ms after the broker's time"},
		{"never held", nil, "", "no lease"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, err := lease.Retire(tt.found, now, limits, other, other)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Fatalf("got %v, want an error with %q", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if w != nil {
				got = text(*w)
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestRetiredHolder: a holder that was retired while alive goes on with what it
// has reserved, and takes another number.
func TestRetiredHolder(t *testing.T) {
	run(t, extending(t),
		step{mismatch(second), "learn"},
		step{learned(103_500), "read 5"},
		step{found(row(5, idwire.LeaseRetired, 110_000, 2, other)), "lost 5; wait 200"},
		step{woke, "read all"},
		step{table(row(5, idwire.LeaseRetired, 110_000, 2, other)), "learn"},
		step{learned(104_000), "write 6 held until 114000 as aaaaad after 0"},
	)
}

func ptr(r lease.Row) *lease.Row { return &r }
