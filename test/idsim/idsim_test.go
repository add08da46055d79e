package idsim

import (
	"testing"

	"parley/test/explore"
)

var suite = explore.Suite[Config]{
	Folder: "test/idsim", Configs: Configs(), Larger: DeepConfigs(), Explore: Explore,
	MaxStates: 40_000_000, Seeds: explore.Seeds{Count: 500, Brief: 20, Steps: 10_000},
}.Flags()

// TestExplore visits every state of every configuration.
func TestExplore(t *testing.T) { suite.TestExplore(t) }

// TestProbe is what the test program of a broken variant runs. From an ID that is
// not reserved it goes on to the first that is made twice.
func TestProbe(t *testing.T) {
	suite.TestProbe(t, func(c Config, r *explore.Result) (Config, bool) {
		c.Blind = true
		return c, r.Broken != nil && r.Broken.Invariant == Reserved
	})
}

// TestMutants compiles broken variants and sees the exploration catch them, with
// -deep every one. Where an ID was made that is not reserved, one is made twice.
func TestMutants(t *testing.T) {
	suite.Mutants(t, Mutants(), func(t *testing.T, v explore.Variant, r *explore.Result) {
		if r.Then != nil && (r.Then.Broken == nil || r.Then.Broken.Invariant != Unique) {
			t.Errorf("variant %s makes an ID that is not reserved, and none twice", v.Name)
		}
	})
}

// TestSimulate runs random worlds, each from its seed.
func TestSimulate(t *testing.T) {
	steps, ids, records := 0, int64(0), uint64(0)
	n := explore.Simulate(t, suite.Folder, suite.Seeds, NewSimulation, func(s *Simulation) {
		steps, ids, records = steps+s.Steps(), ids+s.IDs(), records+s.Records()
	})
	t.Logf("%d seeds, %d steps, %d records, %d IDs", n, steps, records, ids)
}
