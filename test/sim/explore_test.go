package sim

import (
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/test/explore"
)

var (
	only      = flag.String("config", "", "explore only this configuration")
	deep      = flag.Bool("deep", false, "explore the larger configurations too")
	maxStates = flag.Int("states", 40_000_000, "the most states of a configuration")
)

// TestExplore visits every state of every configuration.
func TestExplore(t *testing.T) {
	configs := Configs()
	if explore.Brief() {
		configs = slices.DeleteFunc(configs, func(c Config) bool { return !c.Small })
	}
	if *deep {
		configs = append(configs, DeepConfigs()...)
	}
	if *only != "" {
		cfg, ok := ConfigNamed(*only)
		if !ok {
			t.Fatalf("no configuration is named %q", *only)
		}
		configs = []Config{*cfg}
	}
	for _, cfg := range configs {
		t.Run(cfg.Name, func(t *testing.T) {
			t.Parallel()
			exploreAll(t, &cfg)
		})
	}
}

func exploreAll(t *testing.T, cfg *Config) {
	start := time.Now()
	r, err := Explore(cfg, *maxStates)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%-12s %9d states %10d transitions  depth %2d  finished %8d  parts %v  %5.1f s",
		cfg.Name, r.States, r.Transitions, r.Depth, r.Finished, r.Parts, time.Since(start).Seconds())
	explore.Count(t, "states", r.States)
	if r.Broken != "" {
		t.Fatalf("%s: %s\n%s", r.Broken, r.What, strings.Join(r.Trace, "\n"))
	}
}
