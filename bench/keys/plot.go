package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"parley/bench/internal/command"
)

// The size of the picture, and of its upper part.
const (
	pictureWidth  vg.Length = 720
	pictureHeight vg.Length = 560
	upperHeight   vg.Length = 330
	margin        vg.Length = 14
)

// checkPlotName reports whether a plot can be drawn into a file.
func checkPlotName(path string) error {
	if ext := filepath.Ext(path); path != "" && ext != ".svg" && ext != ".png" {
		return fmt.Errorf("--plot is %q, its name must end in .svg or .png", path)
	}
	return nil
}

// draw makes a picture of the first scene: the rate as the tables grow, and
// below it what is written and how large the tables are.
func (r *report) draw(path string) error {
	s := r.Scenes[0]
	if len(s.Keys) == 0 || s.Keys[0].Table == nil || len(s.Keys[0].Points) == 0 {
		return fmt.Errorf("drawing %s: the scene %q was not measured to its end", path, s.Name)
	}
	var picture vg.CanvasWriterTo
	if filepath.Ext(path) == ".png" {
		picture = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(pictureWidth, pictureHeight), vgimg.UseDPI(144))}
	} else {
		picture = vgsvg.New(pictureWidth, pictureHeight)
	}
	r.paint(draw.New(picture))
	var b bytes.Buffer
	if _, err := picture.WriteTo(&b); err != nil {
		return fmt.Errorf("drawing %s: %w", path, err)
	}
	if err := os.WriteFile(path, portable(b.Bytes()), 0o644); err != nil {
		return fmt.Errorf("writing the plot: %w", err)
	}
	return nil
}

// portable names fonts of the same widths where the one of an SVG is missing.
func portable(picture []byte) []byte {
	return bytes.ReplaceAll(picture, []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
}

func (r *report) paint(c draw.Canvas) {
	s := r.Scenes[0]
	// White by itself: a page may be dark.
	c.SetColor(white())
	c.Fill(rectangle(c.Rectangle))
	c = draw.Crop(c, margin, -margin, margin, -margin)
	heading := fmt.Sprintf("Inserting %s rows into SQLite, by kind of primary key", command.Count(int64(s.Keys[0].Rows)))
	c.FillText(bold(15), vg.Point{X: c.Min.X, Y: c.Max.Y - 12}, heading)
	c.FillText(plain(9.5), vg.Point{X: c.Min.X, Y: c.Min.Y}, fmt.Sprintf(
		"SQLite %s, WAL, synchronous FULL, pages of 4 KB, %d rows a commit, page cache %d MB each, %d CPUs. Rates are medians over %d rounds.",
		r.SQLite, s.Batch, s.CacheBytes>>20, r.CPUs, smoothRounds))

	upper := draw.Crop(c, 0, 0, c.Max.Y-c.Min.Y-upperHeight, -30)
	s.rates().Draw(titled(upper, "Rows inserted per second, in thousands"))
	lower := draw.Crop(c, 0, 0, 20, -upperHeight-14)
	// The names stand beside the left bars alone, which need the room.
	half := (lower.Max.X - lower.Min.X) * 0.57
	logged := bars(s.Keys, true, func(k *keyReport) float64 { return 1000 * float64(k.LogPages) / float64(k.Rows) })
	logged.Draw(titled(draw.Crop(lower, 0, half-(lower.Max.X-lower.Min.X), 0, 0), "Pages written to the log, per 1,000 rows"))
	sizes := bars(s.Keys, false, func(k *keyReport) float64 { return float64(k.Table.FileBytes) / 1e6 })
	sizes.Draw(titled(draw.Crop(lower, half+14, 0, 0, 0), "File size, in MB"))
}

// titled writes a title and returns the room below it.
func titled(c draw.Canvas, title string) draw.Canvas {
	c.FillText(bold(11), vg.Point{X: c.Min.X, Y: c.Max.Y - 10}, title)
	return draw.Crop(c, 0, 0, 0, -20)
}

// smoothRounds is over how many rounds the plotted rate is the median: a round
// under ordered keys takes a tenth of a second, and one slow sync shows.
const smoothRounds = 5

// rates is the chart of inserts per second over rows.
func (s *sceneReport) rates() *plot.Plot {
	p := newPlot()
	p.X.Label.Text = "Rows in the table, in thousands"
	p.X.Label.TextStyle = plain(10.5)
	p.X.Label.TextStyle.XAlign, p.X.Label.Padding = draw.XCenter, 2
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.TickerFunc(evenTicks), plot.TickerFunc(evenTicks)
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal.Color = pale()
	p.Add(grid)
	ends := &endLabels{}
	for _, k := range s.Keys {
		xy := smooth(k.Points)
		style := styleOf(k.Key)
		p.Add(&plotter.Line{XYs: xy, LineStyle: style.line()})
		ends.add(k.Label, xy[len(xy)-1], style)
	}
	p.Add(ends)
	p.X.Min, p.Y.Min, p.Y.Max = 0, 0, p.Y.Max*1.05
	return p
}

// smooth is the running median of the rates, in thousands.
func smooth(points []point) (xy plotter.XYs) {
	for i, p := range points {
		var near []float64
		for j := max(0, i-smoothRounds/2); j <= min(len(points)-1, i+smoothRounds/2); j++ {
			near = append(near, points[j].RowsPerS)
		}
		slices.Sort(near)
		xy = append(xy, plotter.XY{X: float64(p.Rows) / 1000, Y: near[len(near)/2] / 1000})
	}
	return xy
}

// evenTicks are the multiples of a round number, about six of them.
func evenTicks(least, most float64) (ticks []plot.Tick) {
	step := math.Pow(10, math.Floor(math.Log10(most-least))-1)
	for _, f := range []float64{1, 2, 5, 10, 20} {
		if (most-least)/(f*step) <= 7 {
			step *= f
			break
		}
	}
	for v := math.Ceil(least/step) * step; v <= most; v += step {
		ticks = append(ticks, plot.Tick{Value: v, Label: command.Count(int64(v))})
	}
	return ticks
}

// bars is a chart of one horizontal bar for each key, the first on top.
func bars(keys []*keyReport, names bool, value func(k *keyReport) float64) *plot.Plot {
	p := newPlot()
	b := &barChart{}
	var ticks plot.ConstantTicks
	for i, k := range keys {
		at := float64(len(keys) - 1 - i)
		b.rows = append(b.rows, bar{at: at, value: value(k), style: styleOf(k.Key)})
		label := ""
		if names {
			label = k.Label
		}
		ticks = append(ticks, plot.Tick{Value: at, Label: label})
		p.X.Max = math.Max(p.X.Max, value(k))
	}
	p.Add(b)
	p.HideX()
	p.X.Min, p.X.Max = 0, p.X.Max*1.18 // room for the figures
	p.Y.Min, p.Y.Max = -0.5, float64(len(keys))-0.5
	p.Y.Tick.Marker = ticks
	p.Y.Tick.Length = 0
	return p
}

func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Tick.Label.Font = plain(10.5).Font
		a.Tick.Label.Color = ink()
		a.LineStyle.Color, a.Tick.LineStyle.Color = grey(), grey()
		a.Padding = 0
	}
	return p
}
