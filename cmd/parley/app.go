package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"
)

// app is what every command prints to.
type app struct {
	in       io.Reader
	out, err io.Writer
	log      *slog.Logger
	// colour: out may be sent colours.
	colour bool
	// json: results and errors are JSON.
	json bool
	// hurry is for who has children.
	hurry *hurry
}

// printJSON prints one value on one line.
func (a *app) printJSON(v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a result cannot be written as JSON: %v", err))
	}
	fmt.Fprintf(a.out, "%s\n", data)
}

func (a *app) printf(format string, args ...any) { fmt.Fprintf(a.out, format, args...) }

// table prints rows in aligned columns, the first row being the heading.
// Columns whose heading starts with '>' hold numbers and are set right.
func (a *app) table(rows [][]string) {
	if len(rows) == 0 {
		return
	}
	width := make([]int, len(rows[0]))
	right := make([]bool, len(rows[0]))
	for i, h := range rows[0] {
		rows[0][i] = strings.TrimPrefix(h, ">")
		right[i] = rows[0][i] != h
	}
	for _, r := range rows {
		for i, cell := range r {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		cells := make([]string, len(r))
		for i, cell := range r {
			if cells[i] = cell; right[i] {
				cells[i] = strings.Repeat(" ", width[i]-len([]rune(cell))) + cell
			}
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	w.Flush()
}

// facts prints labelled lines, skipping those without a value.
func (a *app) facts(pairs ...string) {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(w, "  %s\t%s\n", pairs[i], pairs[i+1])
		}
	}
	w.Flush()
}

// price writes cents as 9.50.
func price(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Sprintf("%s%d.%02d", sign, cents/100, cents%100)
}

// clock writes milliseconds since 1970 as a local date and time.
func clock(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).Format("2006-01-02 15:04:05")
}
