package report

import (
	"fmt"
	"strings"
	"time"
)

// Markdown is the report for people.
func Markdown(f *Facts) string {
	var b strings.Builder
	g := f.Compute()
	fmt.Fprintf(&b, "# Chaos, seed %d\n\n", f.Seed)
	if len(f.Violations) == 0 {
		fmt.Fprintf(&b, "Nothing broke. ")
	} else {
		fmt.Fprintf(&b, "**%d violations.** ", len(f.Violations))
	}
	fmt.Fprintf(&b, "Again: `make chaos SEED=%d DURATION=%v`\n\n![timeline](timeline.svg)\n\n", f.Seed, f.Planned)
	for i, v := range f.Violations {
		if i == 100 {
			fmt.Fprintf(&b, "- and %d more\n", len(f.Violations)-i)
			break
		}
		fmt.Fprintf(&b, "- %s\n", strings.ReplaceAll(v, "\n", "\n  "))
	}
	b.WriteString("\n## Figures\n\n| What | How much |\n|---|---|\n")
	for _, row := range g.Rows() {
		fmt.Fprintf(&b, "| %s | %s |\n", row[0], row[1])
	}
	b.WriteString("\n## Faults\n\nAs they were done: when, for how long, what.\n\n```\n")
	for _, e := range f.Events {
		fmt.Fprintf(&b, "%7.2fs %5.2fs  %s %s %s %s\n", e.From.Sub(f.Began).Seconds(), e.To.Sub(e.From).Seconds(), e.Kind, e.Target, e.Step, e.Missed)
	}
	b.WriteString("```\n\nAs they were planned:\n\n```\n" + strings.Join(f.Schedule, "\n") + "\n```\n")
	if len(f.Strange) > 0 {
		b.WriteString("\n## Processes that ended by themselves\n\nTheir supervisor started them again.\n\n")
		for _, s := range f.Strange {
			fmt.Fprintf(&b, "- %s\n", s)
		}
	}
	return b.String()
}

// Rows are the figures as text.
func (g *Figures) Rows() [][2]string {
	n := func(v int) string { return fmt.Sprint(v) }
	d := func(v time.Duration) string { return v.Round(time.Millisecond).String() }
	during := ""
	if len(g.During) > 0 {
		during = fmt.Sprintf(" (at %.0f s: %s)", g.GapAt.Seconds(), strings.Join(g.During, ", "))
	}
	return [][2]string{
		{"broken for", d(g.Length)},
		{"orders", n(g.Orders)},
		{"answers: committed, aborted, unknown", fmt.Sprintf("%d, %d, %d", g.Committed, g.Aborted, g.Unknown)},
		{"IDs, posts, messages", fmt.Sprintf("%d, %d, %d", g.IDs, g.Posts, g.Messages)},
		{"kills, pauses, cuts, slow links", fmt.Sprintf("%d, %d, %d, %d", g.Kills, g.Pauses, g.Cuts, g.Slow)},
		{"of them at a step of the protocol", n(g.Steps)},
		{"faults that could not be done", n(g.Missed)},
		{"longest time without a commit", d(g.Gap) + during},
		{"longest in doubt", d(g.Doubt)},
		{"in doubt after healing", d(g.Cleared)},
		{"order, median, 99th percentile, longest", fmt.Sprintf("%s, %s, %s", d(g.P50), d(g.P99), d(g.Max))},
	}
}
