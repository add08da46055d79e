package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"parley/bench/internal/command"
)

// keyHelp lists the kinds of keys for the usage text.
func keyHelp() string {
	var b strings.Builder
	for _, k := range kinds() {
		fmt.Fprintf(&b, "    %-14s%s\n", k.name, k.about)
	}
	return b.String()
}

// print writes the scenes as tables.
func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "SQLite %s, pages of %d bytes, journal_mode WAL, synchronous FULL, %d CPUs\n", r.SQLite, pageBytes, r.CPUs)
	for _, s := range r.Scenes {
		fmt.Fprintf(w, "\n%s%s; steal %.1f %%\n\n", s.About, s.fits(), s.StealPercent)
		command.Table(w, s.insertTable())
		if rows := s.readTable(); len(rows) > 1 {
			fmt.Fprintln(w)
			command.Table(w, rows)
		}
	}
	fmt.Fprint(w, "\n"+legend)
}

// fits compares the sizes of the tables with the page cache, if they are known.
func (s *sceneReport) fits() string {
	var least, most float64
	for _, k := range s.Keys {
		if k.Table == nil {
			return ""
		}
		times := float64(k.Table.FileBytes) / float64(s.CacheBytes)
		if least == 0 || times < least {
			least = times
		}
		most = max(most, times)
	}
	if most <= 1 {
		return ""
	}
	return fmt.Sprintf(" (the tables are %.1f to %.1f times as large)", least, most)
}

const legend = `ROWS/S       with the commits, and with copying the log back into the table
LAST TENTH   the rate while the last tenth of the rows was inserted
CPU/ROW      processor time, which depends less on who else uses the machine
FILL         how full the pages with rows are
SPLIT        pages that came from a split: all but the first
LOGGED       pages appended to the log, of each 1000 rows
WRITTEN      log and table together; READ: pages that were not in the cache
LOOKUP       reading one row by its key, anywhere in the table (median)
SPAN         reading the rows of a span of time (median), and pages read for it:
             by the key if it holds a time, else by an index on a time column
TIME INDEX   the size of that index, which is not in FILE
`

// insertTable is the table of the costs of inserting.
func (s *sceneReport) insertTable() [][]string {
	rows := [][]string{{"KEY", ">TIME", ">ROWS/S", ">LAST TENTH", ">CPU/ROW", ">FILE", ">BYTES/ROW", ">PAGES", ">FILL", ">SPLIT", ">LOGGED", ">WRITTEN", ">READ"}}
	for _, k := range s.Keys {
		row := []string{
			k.Label, fmt.Sprintf("%.2f s", k.Seconds), command.Count(int64(k.RowsPerS)), known(k.lastTenth(), "%.0f"), fmt.Sprintf("%.0f us", k.CPUUS),
			"-", "-", "-", "-", "-",
			known(1000*float64(k.LogPages)/float64(max(k.Rows, 1)), "%.0f"), known(k.WrittenBytes/1e6, "%.0f MB"), known(k.ReadBytes/1e6, "%.0f MB"),
		}
		if k.Table != nil {
			copy(row[5:], []string{
				fmt.Sprintf("%.1f MB", float64(k.Table.FileBytes)/1e6), fmt.Sprintf("%.0f", float64(k.Table.FileBytes)/float64(max(k.Rows, 1))),
				command.Count(k.Table.Pages), fmt.Sprintf("%.0f %%", k.Table.LeafFill), command.Count(k.Table.Split),
			})
		}
		rows = append(rows, row)
	}
	return rows
}

// readTable is the table of the costs of reading, if they were measured.
func (s *sceneReport) readTable() [][]string {
	rows := [][]string{{"KEY", ">LOOKUP", ">SPAN", ">ROWS", ">PAGES READ", ">TIME INDEX"}}
	for _, k := range s.Keys {
		if k.Reads != nil {
			rows = append(rows, []string{
				k.Label, fmt.Sprintf("%.0f us", k.Reads.LookupUS), fmt.Sprintf("%.2f ms", k.Reads.SpanMS), fmt.Sprint(k.Reads.SpanRows),
				fmt.Sprintf("%.0f", k.Reads.SpanPages), known(float64(k.Reads.IndexBytes)/1e6, "%.1f MB"),
			})
		}
	}
	return rows
}

// known formats a figure, or nothing when there is none.
func known(v float64, format string) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf(format, v)
}

// readReport decodes the output of --json.
func readReport(path string) (*report, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading a former result: %w", err)
	}
	r := &report{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("%s is not a result of keys --json: %w", path, err)
	}
	if len(r.Scenes) == 0 {
		return nil, fmt.Errorf("%s has no scenes, so it is not a result of keys --json", path)
	}
	return r, nil
}
