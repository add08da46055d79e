package idworker

import (
	"testing"

	"parley/internal/streams"
)

// Where a broker alone may forget what it acknowledged, a claimant must not rely
// on it; a broker that was unavailable did not report that.
func TestVerified(t *testing.T) {
	for _, tt := range []struct {
		durability streams.Durability
		silent     bool
		want       bool
	}{
		{streams.Synced, false, true},
		{streams.Replicated, false, false},
		{streams.Replicated, true, true},
		{streams.Unverified, false, false},
		{streams.Unverified, true, false},
	} {
		if got := verified(streams.Report{Durability: tt.durability, Silent: tt.silent}); got != tt.want {
			t.Errorf("%s, silent %v: %v, want %v", tt.durability, tt.silent, got, tt.want)
		}
	}
}
