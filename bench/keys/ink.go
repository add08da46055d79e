package main

import (
	"image/color"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// lineStyle is the colour and the dashes of a key in the plot. The colours are those
// of Okabe and Ito, which most colour-blind people can distinguish, like the dashes.
type lineStyle struct {
	colour color.Color
	dashes []vg.Length
}

func styleOf(key string) lineStyle {
	switch key {
	case "uuid4-text":
		return lineStyle{colour: rgb(0xD55E00), dashes: []vg.Length{2, 2}}
	case "uuid4":
		return lineStyle{colour: rgb(0xE69F00)}
	case "uuid4-index":
		return lineStyle{colour: rgb(0xCC79A7), dashes: []vg.Length{7, 3}}
	case "uuid7":
		return lineStyle{colour: rgb(0x56B4E9)}
	case "parley":
		return lineStyle{colour: rgb(0x0072B2), dashes: []vg.Length{7, 3}}
	default:
		return lineStyle{colour: rgb(0x009E73)}
	}
}

func (l lineStyle) line() draw.LineStyle {
	return draw.LineStyle{Color: l.colour, Width: 2, Dashes: l.dashes}
}

func rgb(c uint32) color.Color {
	return color.RGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: 0xff}
}

func white() color.Color { return rgb(0xFFFFFF) }
func ink() color.Color   { return rgb(0x222222) }
func grey() color.Color  { return rgb(0x777777) }
func pale() color.Color  { return rgb(0xDDDDDD) }

func plain(size vg.Length) draw.TextStyle { return style(size, xfont.WeightNormal) }
func bold(size vg.Length) draw.TextStyle  { return style(size, xfont.WeightBold) }

func style(size vg.Length, weight xfont.Weight) draw.TextStyle {
	return draw.TextStyle{
		Color:   ink(),
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight, Size: size},
		Handler: text.Plain{Fonts: plot.DefaultTextHandler.Cache()},
	}
}

func rectangle(r vg.Rectangle) vg.Path {
	var p vg.Path
	p.Move(r.Min)
	p.Line(vg.Point{X: r.Max.X, Y: r.Min.Y})
	p.Line(r.Max)
	p.Line(vg.Point{X: r.Min.X, Y: r.Max.Y})
	p.Close()
	return p
}
