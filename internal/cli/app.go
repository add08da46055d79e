package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"
)

// App holds the input and outputs of a command, and how it prints.
type App struct {
	In       io.Reader
	Out, Err io.Writer
	Log      *slog.Logger
	// Colour reports that Out displays colours.
	Colour bool
	// JSON reports that results and errors are printed as JSON.
	JSON bool
}

// PrintJSON prints a value as JSON on one line.
func (a *App) PrintJSON(v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a result cannot be written as JSON: %v", err))
	}
	fmt.Fprintf(a.Out, "%s\n", data)
}

// Show prints a result as JSON or, by text, for people.
func (a *App) Show(v any, text func(*App)) {
	if a.JSON {
		a.PrintJSON(v)
	} else {
		text(a)
	}
}

// Printf prints formatted text to Out.
func (a *App) Printf(format string, args ...any) { fmt.Fprintf(a.Out, format, args...) }

// Table prints rows in aligned columns, the first row being the heading.
// Columns whose heading starts with '>' hold numbers and are set right.
func (a *App) Table(rows [][]string) {
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
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
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

// Marked is [App.Table] with some rows in red, by their index.
func (a *App) Marked(rows [][]string, red map[int]bool) {
	var out bytes.Buffer
	plain := *a
	plain.Out = &out
	plain.Table(rows)
	for i, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
		line = strings.TrimRight(line, " ")
		if a.Colour && red[i] {
			line = "\x1b[31m" + line + ColourOff
		}
		a.Printf("%s\n", line)
	}
}

// Facts prints labelled lines, skipping those without a value.
func (a *App) Facts(pairs ...string) {
	w := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(w, "  %s\t%s\n", pairs[i], pairs[i+1])
		}
	}
	w.Flush()
}

// Price writes cents as 9.50.
func Price(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Sprintf("%s%d.%02d", sign, cents/100, cents%100)
}

// Clock writes milliseconds since 1970 as a local date and time.
func Clock(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).Format("2006-01-02 15:04:05")
}
