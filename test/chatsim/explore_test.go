package chatsim

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
	deep      = flag.Bool("deep", false, "catch every broken variant")
	maxStates = flag.Int("states", 20_000_000, "the most states of a configuration")
)

// TestExplore visits every state of every configuration.
func TestExplore(t *testing.T) {
	configs := Configs()
	if explore.Brief() {
		configs = slices.DeleteFunc(configs, func(c Config) bool { return !c.Small })
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
			start := time.Now()
			r, err := Explore(&cfg, *maxStates)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%-8s %8d states %9d transitions  depth %2d  %5.1f s", cfg.Name, r.States, r.Transitions, r.Depth, time.Since(start).Seconds())
			explore.Count(t, "states", r.States)
			if r.Broken != nil {
				t.Fatalf("%s: %s\n%s", r.Broken.Invariant, r.Broken.What, strings.Join(r.Trace, "\n"))
			}
		})
	}
}
