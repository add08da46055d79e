// Package command is the common part of the programs of this module: parsing of the
// command line, its errors, and exit codes.
package command

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
)

// Exit codes.
const (
	OK = 0
	// Failed: the measurement failed, or a check of its results.
	Failed = 1
	// Wrong: the command line is not acceptable; nothing was started.
	Wrong = 2
)

// Parse reads args into flags. It returns false with the exit code when the
// program is to exit: help was requested, or the command line is wrong. check
// returns an error if a flag has a wrong value.
func Parse(flags *flag.FlagSet, args []string, usage string, stdout, stderr io.Writer, check func() error) (exit int, ok bool) {
	flags.SetOutput(io.Discard) // errors are printed once, below
	flags.Usage = func() {}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		var list strings.Builder
		flags.SetOutput(&list)
		flags.PrintDefaults()
		// As the usage text writes them; package flag takes one dash and two.
		fmt.Fprint(stdout, usage, "\nFlags:\n", strings.ReplaceAll("\n"+list.String(), "\n  -", "\n  --")[1:])
		return OK, false
	case err == nil && flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case err == nil:
		err = check()
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\nnext: run it with --help to see what it takes\n", flags.Name(), err)
		return Wrong, false
	}
	return OK, true
}

// Terminal reports whether w is one.
func Terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// PrintJSON writes v for programs.
func PrintJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
