// Command ids measures how fast IDs are made, by Parley's generator and by
// others, compared in one run, and prints what each guarantees.
//
// The others are dependencies of this module alone: they are not among
// those of programs that import Parley.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"parley/bench/internal/command"
	"parley/internal/lifecycle"
)

const usage = `ids measures how fast IDs are made, by Parley's generator and by others, and prints
what each of them guarantees. The generators take turns, round after round. First
every one of them is checked: no ID twice, and increasing where that is promised.

Compare figures of one run only, and of a quiet machine: steal is what the
machine's other tenants used.

Examples, in the directory bench:

    go run ./ids
    go run ./ids --rounds 20 --each 1s
    go run ./ids --json
`

func main() {
	ctx, stop := lifecycle.Signals(context.Background(), os.Exit)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

type options struct {
	rounds   int
	each     time.Duration
	json     bool
	progress bool
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("ids", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 9, "let each generator run `n` times")
	flags.DurationVar(&o.each, "each", 200*time.Millisecond, "how long each run takes, a `duration`")
	flags.BoolVar(&o.json, "json", false, "print the result as JSON")
	flags.BoolVar(&o.progress, "progress", false, "show progress even when stderr is not a terminal")
	if exit, ok := command.Parse(flags, args, usage, stdout, stderr, o.check); !ok {
		return exit
	}
	progress := func(string, ...any) {}
	if o.progress || command.Terminal(stderr) {
		progress = func(format string, args ...any) { fmt.Fprintf(stderr, format, args...) }
	}
	if err := o.show(ctx, stdout, progress); err != nil {
		fmt.Fprintf(stderr, "ids: %v\n", err)
		return command.Failed
	}
	return command.OK
}

// check validates the flags.
func (o *options) check() error {
	switch {
	case o.rounds < 1 || o.rounds > 10_000:
		return fmt.Errorf("--rounds is %d, allowed is 1 to 10000", o.rounds)
	case o.each < time.Millisecond || o.each > time.Minute:
		return fmt.Errorf("--each is %v, allowed is 1ms to 1m", o.each)
	}
	return nil
}

func (o *options) show(ctx context.Context, stdout io.Writer, progress func(format string, args ...any)) error {
	r, err := measure(ctx, generators(), o.rounds, o.each, progress)
	if err != nil {
		return err
	}
	if r.Rounds == 0 {
		return errors.New("interrupted before the first round was over")
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
		return errors.New("interrupted: the figures above are of a part of the run")
	}
	return nil
}
