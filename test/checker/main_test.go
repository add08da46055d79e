package checker

import (
	"slices"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// expect compares the rules that were found broken with those wanted, each once.
func expect(t *testing.T, found []Violation, want ...Rule) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(Rules(found), want) {
		t.Errorf("found %q, want %q", found, want)
	}
}
