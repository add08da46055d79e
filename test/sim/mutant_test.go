package sim

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	probe  = flag.String("probe", "groups", "explore this configuration and print the result as JSON (for TestMutants)")
	mutant = flag.String("mutant", "", "test only this mutant, and print its trace")
)

// TestProbe is what a mutated test binary runs, with the configuration that its
// mutant is aimed at. Without a mutation, nothing may break.
func TestProbe(t *testing.T) {
	cfg, ok := ConfigNamed(*probe)
	if !ok {
		t.Fatalf("no configuration is named %q", *probe)
	}
	r, err := Explore(cfg, *maxStates)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\nprobe %s\n", raw)
}

// TestMutants compiles every broken variant and sees the explorer catch it.
func TestMutants(t *testing.T) {
	if raceEnabled || testing.Short() {
		t.Skip("mutants are compiled and explored without the race detector")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range Mutants() {
		if *mutant != "" && m.Name != *mutant {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			r := runMutant(t, root, &m)
			t.Logf("%-28s in %-10s broke %-14s %2d steps %8d states %5.1f s: %s",
				m.Name, m.Config, r.Broken, len(r.Trace), r.States, time.Since(start).Seconds(), r.What)
			if *mutant != "" {
				t.Log("\n" + strings.Join(r.Trace, "\n"))
			}
			if r.Broken != m.Breaks {
				t.Errorf("mutant %s broke %q in the configuration %s, expected is %q\n%s", m.Name, r.Broken, m.Config, m.Breaks, strings.Join(r.Trace, "\n"))
			}
		})
	}
}

func runMutant(t *testing.T, root string, m *Mutant) Result {
	dir := t.TempDir()
	overlay, err := m.Overlay(root, dir)
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "mutant.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", bin, "./test/sim")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("compiling mutant %s: %v\n%s", m.Name, err, out)
	}
	run := exec.CommandContext(t.Context(), bin, "-test.run", "^TestProbe$", "-probe", m.Config)
	run.Dir, run.Stderr = dir, os.Stderr
	out, err := run.Output()
	if err != nil {
		t.Fatalf("mutant %s: %v\n%s", m.Name, err, out)
	}
	_, after, found := bytes.Cut(out, []byte("\nprobe "))
	line, _, _ := bytes.Cut(after, []byte("\n"))
	var r Result
	if err := json.Unmarshal(line, &r); !found || err != nil {
		t.Fatalf("mutant %s printed no result (%v)\n%s", m.Name, err, out)
	}
	return r
}
