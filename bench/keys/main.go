// Command keys measures the cost of kinds of primary keys. It inserts the same rows
// under random UUIDs, UUIDs with a time, and Parley's IDs into the same B-tree
// database, side by side.
//
// Each kind of key has a separate database (key.go defines the kinds, table.go the
// database). They are filled in turns, a part at a time, so that other load on the
// machine affects all alike. Keys and rows are generated with a simulated clock,
// before the time of an insert is measured, and are the same in every run. The rows
// are read back and counted, so that no figure is about missing rows.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"parley/bench/internal/command"
	"parley/internal/lifecycle"
)

const usage = `keys inserts rows under random UUIDs, UUIDv7 and Parley IDs into SQLite and
shows what each kind of key costs: time, file size, pages split and written,
and reading a span of time.

The page cache must be smaller than the table, since the difference grows once
the table no longer fits: see --cache. Two cases in which keys matter less, or
not at all, are measured besides: rows committed one by one, and a smaller table
that is in memory whole.

Examples, in the directory bench:

    go run ./keys
    go run ./keys --rows 100000 --cache 2
    go run ./keys --keys uuid4,uuid7,parley --plot keys.svg
    go run ./keys --json > keys.json
    go run ./keys --from keys.json --plot keys.png

Keys:
`

type options struct {
	plan
	keys       string
	json       bool
	progress   bool
	plot, from string
}

func main() {
	ctx, stop := lifecycle.Signals(context.Background(), os.Exit)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 1 && args[0] == workerArgument {
		if err := work(ctx, os.Stdin, stdout); err != nil {
			fmt.Fprintln(stderr, err)
			return command.Failed
		}
		return command.OK
	}
	var o options
	flags := flag.NewFlagSet("keys", flag.ContinueOnError)
	flags.IntVar(&o.rows, "rows", 1_000_000, "insert `n` rows under each kind of key; a million take about 250 MB of disk each")
	flags.IntVar(&o.batch, "batch", 100, "commit `n` rows at a time")
	flags.IntVar(&o.cacheMB, "cache", 16, "give each table a page cache of `MB`")
	flags.StringVar(&o.keys, "keys", kindNames(), "the `kinds` of keys, separated by commas")
	flags.StringVar(&o.data, "data", "", "where to make the temporary tables, a `directory`; choose the disk to measure (default the system's)")
	flags.Uint64Var(&o.seed, "seed", 1, "a `number` that decides the random keys and rows")
	flags.BoolVar(&o.json, "json", false, "print the result as JSON")
	flags.StringVar(&o.plot, "plot", "", "draw the result into a `file`, .svg or .png")
	flags.StringVar(&o.from, "from", "", "print and draw the result in a `file` of --json instead of measuring")
	flags.BoolVar(&o.progress, "progress", false, "show progress even when stderr is not a terminal")
	if exit, ok := command.Parse(flags, args, usage+keyHelp(), stdout, stderr, o.check); !ok {
		return exit
	}
	progress := func(string, ...any) {}
	if o.progress || command.Terminal(stderr) {
		progress = func(format string, args ...any) { fmt.Fprintf(stderr, format, args...) }
	}
	if err := o.show(ctx, stdout, progress); err != nil {
		fmt.Fprintf(stderr, "keys: %v\n", err)
		return command.Failed
	}
	return command.OK
}

// check validates the flags.
func (o *options) check() (err error) {
	switch {
	case o.rows < minRows || o.rows > 100_000_000:
		return fmt.Errorf("--rows is %d, allowed is %d to 100000000", o.rows, minRows)
	case o.batch < 1 || o.batch > 100_000:
		return fmt.Errorf("--batch is %d, allowed is 1 to 100000", o.batch)
	case o.cacheMB < 1 || o.cacheMB > roomyMB:
		return fmt.Errorf("--cache is %d, allowed is 1 to %d", o.cacheMB, roomyMB)
	}
	if o.kinds, err = chosen(o.keys); err != nil {
		return err
	}
	return checkPlotName(o.plot)
}

// show measures, or reads a former result, and prints and draws it.
func (o *options) show(ctx context.Context, stdout io.Writer, progress func(format string, args ...any)) error {
	var r *report
	var err error
	if o.from != "" {
		r, err = readReport(o.from)
	} else {
		r, err = o.measure(ctx, progress)
	}
	if err != nil {
		return err
	}
	if o.json {
		err = command.PrintJSON(stdout, r)
	} else {
		r.print(stdout)
	}
	switch {
	case err != nil:
		return fmt.Errorf("printing the result: %w", err)
	case r.Interrupted:
		return errors.New("interrupted: the figures above are of a part of the run, and there is no plot")
	case o.plot != "":
		return r.draw(o.plot)
	}
	return nil
}
