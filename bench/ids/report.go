package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"parley/bench/internal/command"
)

// report is the output of --json.
type report struct {
	CPUs         int          `json:"cpus"`
	Rounds       int          `json:"rounds"`
	StealPercent float64      `json:"steal_percent"`
	Interrupted  bool         `json:"interrupted,omitempty"`
	Generators   []*generated `json:"generators"`
}

// generated are the results of one generator.
type generated struct {
	Name    string `json:"name"`
	Module  string `json:"module"`
	Version string `json:"version,omitempty"`
	// One is with one goroutine, All with as many as there are processors, on
	// one generator.
	One spread `json:"one_goroutine"`
	All spread `json:"all_cpus"`
	// NSPerID is the median time of one goroutine for one ID.
	NSPerID float64 `json:"ns_per_id"`
	// CeilingPerS is how many IDs a second the layout has in real time, OfCeiling
	// which share of them one goroutine got. Both are 0 where that does not
	// bound the generator.
	CeilingPerS      float64 `json:"ceiling_ids_per_s,omitempty"`
	OfCeilingPercent float64 `json:"of_ceiling_percent,omitempty"`
	Notes            []note  `json:"notes"`
}

// spread is the IDs a second of several rounds.
type spread struct {
	Median float64 `json:"median_ids_per_s"`
	Least  float64 `json:"least_ids_per_s"`
	Most   float64 `json:"most_ids_per_s"`
	rounds []float64
}

func newReport(all []generator) *report {
	r := &report{CPUs: runtime.NumCPU()}
	for _, g := range all {
		r.Generators = append(r.Generators, &generated{Name: g.name, Module: g.module, Version: version(g.module), CeilingPerS: g.ceiling, Notes: g.notes})
	}
	return r
}

// goroutines are the numbers of them that are measured.
func (r *report) goroutines() []int {
	if r.CPUs == 1 {
		return []int{1}
	}
	return []int{1, r.CPUs}
}

// add counts one round.
func (g *generated) add(goroutines int, rate float64) {
	if goroutines > 1 {
		g.All.add(rate)
		return
	}
	g.One.add(rate)
	g.NSPerID = 1e9 / g.One.Median
	if g.CeilingPerS > 0 {
		g.OfCeilingPercent = 100 * g.One.Median / g.CeilingPerS
	}
}

func (s *spread) add(rate float64) {
	s.rounds = append(s.rounds, rate)
	slices.Sort(s.rounds)
	s.Least, s.Median, s.Most = s.rounds[0], s.rounds[len(s.rounds)/2], s.rounds[len(s.rounds)-1]
}

// print writes a table, and notes about the figures.
func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "%d CPUs, steal %.1f %%; medians, and the least and the most of %d rounds\n\n", r.CPUs, r.StealPercent, r.Rounds)
	rows := [][]string{{"GENERATOR", "VERSION", ">NS/ID", ">IDS/S", ">LEAST", ">MOST", ">OF CEILING", fmt.Sprintf(">IDS/S, %d GOROUTINES", r.CPUs), ">LEAST", ">MOST"}}
	for _, g := range r.Generators {
		ceiling := "-"
		if g.CeilingPerS > 0 {
			ceiling = fmt.Sprintf("%.1f %%", g.OfCeilingPercent)
		}
		rows = append(rows, append([]string{g.Name, g.Version, fmt.Sprintf("%.1f", g.NSPerID)},
			rate(g.One.Median), rate(g.One.Least), rate(g.One.Most), ceiling, rate(g.All.Median), rate(g.All.Least), rate(g.All.Most)))
	}
	command.Table(w, rows)
	fmt.Fprint(w, "\nOF CEILING is the share of the IDs that the layout has in real time; a generator\nwithout a ceiling is bound by the processor. The goroutines share one generator.\n")
	for _, g := range r.Generators {
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(g.Name+" "+g.Version))
		for _, n := range g.Notes {
			fmt.Fprintf(w, "  %-19s %s\n", n.About, command.Wrap(n.Text, 76, "\n"+strings.Repeat(" ", 22)))
		}
	}
}

func rate(perS float64) string {
	if perS == 0 {
		return "-"
	}
	return command.Count(int64(perS))
}
