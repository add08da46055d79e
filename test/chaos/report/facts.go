// Package report writes down what a run saw: figures, faults and violations as
// Markdown, and a picture of the run over time as SVG. It computes, and judges
// nothing.
//
//	file      noun
//	facts     what a report is made of, and the figures
//	markdown  the text
//	picture   the timeline
//	canvas    drawing SVG
package report

import (
	"slices"
	"strings"
	"time"

	"parley/test/model"
)

// Facts are what a report is made of.
type Facts struct {
	Seed uint64
	// Planned is how long things were to be broken.
	Planned time.Duration
	// Began is when the first fault could come, Healed when everything was
	// mended; Cleared is how long something was in doubt after that.
	Began, Healed time.Time
	Cleared       time.Duration
	Schedule      []string
	Events        []model.Event
	Samples       []model.Sample
	History       *model.History
	// Strange are processes that ended by themselves.
	Strange    []string
	Violations []string
}

// Figures are what a run comes to.
type Figures struct {
	Length time.Duration
	// Orders are those about which clients had any answer; Committed,
	// Aborted and Unknown are answers while things broke.
	Orders, Committed, Aborted, Unknown int
	IDs, Posts, Messages                int
	// Kills, Pauses, Cuts, Slow and Steps count faults; Steps are those of
	// Kills and Pauses at a step of the protocol. Missed could not be done.
	Kills, Pauses, Cuts, Slow, Steps, Missed int
	// Gap is the longest time without a commit, GapAt when it began and During
	// what was broken then.
	Gap    time.Duration
	GapAt  time.Duration
	During []string
	// Doubt is the longest time that a branch was in doubt, Cleared how long
	// after the healing.
	Doubt, Cleared time.Duration
	P50, P99, Max  time.Duration
}

// Compute makes the figures.
func (f *Facts) Compute() Figures {
	counts := f.History.Counts()
	g := Figures{
		Length: f.Healed.Sub(f.Began), Orders: len(f.History.Orders), Cleared: f.Cleared,
		Committed: counts["orders "+string(model.Committed)], Aborted: counts["orders "+string(model.Aborted)], Unknown: counts["orders "+string(model.Unknown)],
		IDs: counts["ids"], Posts: counts["posts"], Messages: counts["messages"],
	}
	for _, e := range f.Events {
		g.fault(e)
	}
	g.gap(f)
	for _, s := range f.Samples {
		g.Doubt = max(g.Doubt, s.Oldest)
	}
	g.latency(f)
	return g
}

func (g *Figures) fault(e model.Event) {
	if e.Missed != "" {
		g.Missed++
		return
	}
	n := 1 + strings.Count(e.Target, " + ")
	switch {
	case strings.HasPrefix(e.Kind, "kill"), strings.HasPrefix(e.Kind, "crash"), strings.HasPrefix(e.Kind, "outage"):
		g.Kills += n
	case strings.HasPrefix(e.Kind, "pause"), strings.HasPrefix(e.Kind, "hold"):
		g.Pauses++
	case strings.HasPrefix(e.Kind, "slow"):
		g.Slow++
	default:
		g.Cuts++
	}
	if e.Step != "" {
		g.Steps++
	}
}

// gap looks for the longest time without a commit.
func (g *Figures) gap(f *Facts) {
	last := f.Began
	look := func(at time.Time) {
		if d := at.Sub(last); d > g.Gap {
			g.Gap, g.GapAt = d, last.Sub(f.Began)
			g.During = nil
			for _, e := range f.Events {
				if e.From.Before(at) && e.To.After(last) {
					g.During = append(g.During, e.Kind+" "+e.Target)
				}
			}
		}
		last = at
	}
	for _, at := range f.commits() {
		look(at.At)
	}
	look(f.Healed)
	slices.Sort(g.During)
}

// commits are those while things broke.
func (f *Facts) commits() (out []model.Commit) {
	for _, c := range f.History.Commits() {
		if c.At.After(f.Began) && c.At.Before(f.Healed) {
			out = append(out, c)
		}
	}
	return out
}

func (g *Figures) latency(f *Facts) {
	var all []time.Duration
	for _, c := range f.commits() {
		all = append(all, c.Took)
	}
	slices.Sort(all)
	if n := len(all); n > 0 {
		g.P50, g.P99, g.Max = all[n/2], all[n*99/100], all[n-1]
	}
}
