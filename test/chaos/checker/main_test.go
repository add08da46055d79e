package checker

import (
	"slices"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// expect holds the rules that were found broken against those wanted, each once.
func expect(t *testing.T, found []Violation, want ...Rule) {
	t.Helper()
	var rules []Rule
	for _, v := range found {
		if !slices.Contains(rules, v.Rule) {
			rules = append(rules, v.Rule)
		}
	}
	slices.Sort(rules)
	slices.Sort(want)
	if !slices.Equal(rules, want) {
		t.Errorf("found %q, want %q", found, want)
	}
}
