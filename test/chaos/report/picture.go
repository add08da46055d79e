package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Measures of the picture, in its own units.
const (
	leftMargin, rightMargin = 110, 20
	chartWidth              = 1100
	rowHeight               = 14
	chartHeight             = 90
	chartGap                = 30
	firstRow                = 40
	// bins is how many stretches of time rate and latency are drawn for, at
	// most; none is shorter than a second.
	bins = 240
)

// colours of faults, by how their kind begins.
var colours = [...][2]string{
	{"kill", "#c0392b"},
	{"crash", "#e74c3c"},
	{"outage", "#7b241c"},
	{"pause", "#f39c12"},
	{"hold", "#d68910"},
	{"slow", "#85c1e9"},
	{"", "#2471a3"}, // cuts
}

// timeline draws a run.
type timeline struct {
	canvas
	*Facts
	length time.Duration
	y      float64
}

// Picture is the run over time: faults, rate, latency, in doubt.
func Picture(f *Facts) string {
	t := &timeline{Facts: f, length: max(f.Healed.Sub(f.Began)+f.Cleared, time.Second), y: firstRow}
	rows := t.rows()
	t.open(leftMargin+chartWidth+rightMargin, firstRow+float64(len(rows))*rowHeight+3*(chartHeight+chartGap)+chartGap)
	t.text(leftMargin, 18, "start", fmt.Sprintf("seed %d: faults (red kills, orange pauses, blue network), orders per second, latency, in doubt", f.Seed))
	for _, name := range rows {
		t.faults(name)
	}
	t.axis()
	t.charts()
	t.close()
	return t.String()
}

// rows are the processes that something was done to.
func (t *timeline) rows() []string {
	names := map[string]bool{}
	for _, e := range t.Events {
		for _, n := range strings.Split(e.Target, " + ") {
			names[n] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func (t *timeline) x(at time.Time) float64 {
	return leftMargin + chartWidth*min(max(at.Sub(t.Began).Seconds()/t.length.Seconds(), 0), 1)
}

func (t *timeline) faults(name string) {
	t.text(leftMargin-6, t.y+rowHeight-3, "end", name)
	for _, e := range t.Events {
		if !slices.Contains(strings.Split(e.Target, " + "), name) {
			continue
		}
		fill := ""
		for _, c := range colours {
			if strings.HasPrefix(e.Kind, c[0]) {
				fill = c[1]
				break
			}
		}
		t.rect(t.x(e.From), t.y+1, t.x(e.To)-t.x(e.From), rowHeight-2, fill, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.Kind, e.Target, e.Step, e.Missed)))
	}
	t.y += rowHeight
}

// axis marks the seconds.
func (t *timeline) axis() {
	step := time.Second
	for _, s := range []time.Duration{5, 10, 30, 60, 300, 600} {
		if t.length/step > 15 {
			step = s * time.Second
		}
	}
	for at := time.Duration(0); at <= t.length; at += step {
		x := t.x(t.Began.Add(at))
		t.line(x, firstRow-6, x, t.y+3*(chartHeight+chartGap), "#eee")
		t.text(x, firstRow-8, "middle", at.String())
	}
}

// charts are the three below the faults.
func (t *timeline) charts() {
	width := max(t.length/bins, time.Second)
	n := int(t.length/width) + 1
	rate, doubt := make([]float64, n), make([]float64, n)
	took := make([][]time.Duration, n)
	for _, c := range t.History.Commits() {
		if i := int(c.At.Sub(t.Began) / width); i >= 0 && i < n {
			rate[i] += 1 / width.Seconds()
			took[i] = append(took[i], c.Took)
		}
	}
	for _, s := range t.Samples {
		if i := int(s.At.Sub(t.Began) / width); i >= 0 && i < n {
			doubt[i] = max(doubt[i], float64(s.Doubt))
		}
	}
	p50, p99 := make([]float64, n), make([]float64, n)
	for i, all := range took {
		slices.Sort(all)
		if len(all) > 0 {
			p50[i], p99[i] = all[len(all)/2].Seconds()*1000, all[len(all)*99/100].Seconds()*1000
		}
	}
	t.chart("orders/s", width, rate)
	t.chart("ms (p50, p99)", width, p99, p50)
	t.chart("in doubt", width, doubt)
}

// chart draws values over time, the first as bars.
func (t *timeline) chart(name string, width time.Duration, series ...[]float64) {
	t.y += chartGap
	top := slices.Max(series[0])
	base := t.y + chartHeight
	t.text(leftMargin-6, t.y+10, "end", fmt.Sprintf("%.0f", top))
	t.text(leftMargin-6, base, "end", name)
	t.line(leftMargin, base, leftMargin+chartWidth, base, "#999")
	height := func(v float64) float64 { return chartHeight * v / max(top, 1) }
	w := t.x(t.Began.Add(width)) - t.x(t.Began)
	for i, v := range series[0] {
		if v > 0 {
			t.rect(t.x(t.Began.Add(time.Duration(i)*width)), base-height(v), w, height(v), "#aed6f1", fmt.Sprintf("%.0f", v))
		}
	}
	for _, s := range series[1:] {
		var points [][2]float64
		for i, v := range s {
			points = append(points, [2]float64{t.x(t.Began.Add(time.Duration(i) * width)), base - height(v)})
		}
		t.path(points, "#1b4f72")
	}
	t.y = base
}
