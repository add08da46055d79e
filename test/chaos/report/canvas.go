package report

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// canvas draws SVG.
type canvas struct{ strings.Builder }

func (c *canvas) open(width, height float64) {
	fmt.Fprintf(c, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g" font-family="sans-serif" font-size="11">`+"\n", width, height, width, height)
	fmt.Fprintf(c, `<rect width="%g" height="%g" fill="#fff"/>`+"\n", width, height)
}

func (c *canvas) close() { c.WriteString("</svg>\n") }

// rect draws a rectangle; title is shown when a pointer rests on it.
func (c *canvas) rect(x, y, w, h float64, fill, title string) {
	fmt.Fprintf(c, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"><title>%s</title></rect>`+"\n", x, y, max(w, 0.5), h, fill, escaped(title))
}

func (c *canvas) text(x, y float64, anchor, text string) {
	fmt.Fprintf(c, `<text x="%.1f" y="%.1f" text-anchor="%s" fill="#333">%s</text>`+"\n", x, y, anchor, escaped(text))
}

func (c *canvas) line(x1, y1, x2, y2 float64, stroke string) {
	fmt.Fprintf(c, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>`+"\n", x1, y1, x2, y2, stroke)
}

// path draws a line through points.
func (c *canvas) path(points [][2]float64, stroke string) {
	if len(points) == 0 {
		return
	}
	fmt.Fprintf(c, `<polyline fill="none" stroke="%s" points="`, stroke)
	for _, p := range points {
		fmt.Fprintf(c, "%.1f,%.1f ", p[0], p[1])
	}
	c.WriteString("\"/>\n")
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
