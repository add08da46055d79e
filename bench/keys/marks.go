package main

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"parley/bench/internal/command"
)

// barChart draws horizontal bars with their figures.
type barChart struct{ rows []bar }

type bar struct {
	at, value float64
	style     lineStyle
}

// Plot implements [plot.Plotter].
func (b *barChart) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	height := (y(1) - y(0)) * 0.68
	for _, r := range b.rows {
		box := vg.Rectangle{Min: vg.Point{X: x(0), Y: y(r.at) - height/2}, Max: vg.Point{X: x(r.value), Y: y(r.at) + height/2}}
		c.SetColor(r.style.colour)
		c.Fill(rectangle(box))
		figure := plain(10.5)
		figure.YAlign = draw.YCenter
		c.FillText(figure, vg.Point{X: box.Max.X + 4, Y: y(r.at)}, command.Count(int64(math.Round(r.value))))
	}
}

// endLabels writes the names of lines where those end, pushed apart where they
// would overlap.
type endLabels struct{ labels []endLabel }

type endLabel struct {
	text  string
	end   plotter.XY
	style lineStyle
}

func (l *endLabels) add(text string, end plotter.XY, style lineStyle) {
	l.labels = append(l.labels, endLabel{text, end, style})
}

const (
	// labelRoom is the width that is left free for the names.
	labelRoom vg.Length = 150
	// labelApart is the least distance between two names.
	labelApart vg.Length = 13
	labelGap   vg.Length = 6
	// sampleLength is the piece of line before a name.
	sampleLength vg.Length = 22
)

// Plot implements [plot.Plotter].
func (l *endLabels) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	labels := slices.Clone(l.labels)
	slices.SortFunc(labels, func(a, b endLabel) int { return int(1000 * (a.end.Y - b.end.Y)) })
	at := make([]vg.Length, len(labels))
	for i, e := range labels {
		at[i] = y(e.end.Y)
	}
	spread(at)
	for i, e := range labels {
		// The name is dark, since not all colours can be read on white.
		name := plain(10.5)
		name.YAlign = draw.YCenter
		left := vg.Point{X: x(e.end.X) + labelGap, Y: at[i]}
		right := vg.Point{X: left.X + sampleLength, Y: at[i]}
		c.StrokeLines(e.style.line(), []vg.Point{left, right})
		c.FillText(name, vg.Point{X: right.X + labelGap, Y: at[i]}, e.text)
	}
}

// GlyphBoxes implements [plot.GlyphBoxer]: it asks for the room of the names.
func (l *endLabels) GlyphBoxes(p *plot.Plot) (boxes []plot.GlyphBox) {
	for _, e := range l.labels {
		boxes = append(boxes, plot.GlyphBox{
			X: p.X.Norm(e.end.X), Y: p.Y.Norm(e.end.Y),
			Rectangle: vg.Rectangle{Min: vg.Point{Y: -labelApart / 2}, Max: vg.Point{X: labelRoom, Y: labelApart / 2}},
		})
	}
	return boxes
}

// spread moves ascending positions apart, each group around its middle.
func spread(at []vg.Length) {
	for moved := true; moved; {
		moved = false
		for i := 1; i < len(at); i++ {
			if near := labelApart - (at[i] - at[i-1]); near > 0.01 {
				at[i-1] -= near / 2
				at[i] += near / 2
				moved = true
			}
		}
	}
}
