package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// slowest is how many packages and tests the summary names.
const slowest = 10

// summarize prints where the time went and what failed; the error reports that
// something did.
func summarize(out io.Writer, t tier, results []*result, took time.Duration, stopped error) error {
	var packages, tests []timing
	var skipped, broken []string
	passed, failed := 0, 0
	counts := map[string]int64{}
	for _, r := range results {
		packages, tests = append(packages, r.packages...), append(tests, r.tests...)
		skipped = append(skipped, r.skipped...)
		passed, failed = passed+r.passed, failed+r.failed
		for what, n := range r.counts {
			counts[what] += n
		}
		if r.err != nil {
			broken = append(broken, r.step.name)
			failed = max(failed, 1)
		}
	}
	fmt.Fprintf(out, "\n=== make %s\n\n", t.name)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STEP\tRESULT\tWALL\tCPU\tTESTS\tCOUNTED")
	for _, r := range results {
		verdict := "passed"
		switch {
		case r.err != nil:
			verdict = "FAILED"
		case r.earlier:
			verdict = "passed before"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", r.step.name, verdict, seconds(r.wall), seconds(r.cpu), r.passed, counted(r.counts))
	}
	w.Flush()
	printSlowest(out, "packages", packages)
	printSlowest(out, "tests", tests)
	if len(skipped) > 0 {
		fmt.Fprintf(out, "\nskipped, see why in %s:\n  %s\n", logs, strings.Join(skipped, "\n  "))
	}
	fmt.Fprintf(out, "\n%s in all, %s\n%d passed, %d failed, %d skipped\n", seconds(took), cmp.Or(counted(counts), "nothing counted"), passed, failed, len(skipped))
	switch {
	case stopped != nil:
		return errors.New("stopped; run it again to go on")
	case len(broken) > 0:
		return fmt.Errorf("make %s failed: %s; whole output in %s", t.name, strings.Join(broken, ", "), logs)
	}
	return nil
}

func printSlowest(out io.Writer, what string, all []timing) {
	if len(all) == 0 {
		return
	}
	slices.SortFunc(all, func(a, b timing) int { return cmp.Compare(b.took, a.took) })
	fmt.Fprintf(out, "\nslowest %s:\n", what)
	for _, t := range all[:min(slowest, len(all))] {
		fmt.Fprintf(out, "  %8s  %s\n", seconds(t.took), t.name)
	}
}

// counted is what tests counted, sorted by name.
func counted(counts map[string]int64) string {
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[what], what))
	}
	return strings.Join(parts, ", ")
}
