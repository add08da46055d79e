// Command parley runs every role of Parley and has the tools to use and observe them,
// one subcommand each. This package reads flags and the environment and connects the
// packages that it imports.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"parley/internal/child"
	"parley/internal/cli"
	"parley/internal/lifecycle"
)

func main() {
	tuneGC(gcPercent)
	h := &child.ShutdownHooks{}
	ctx, stop := lifecycle.Signals(context.Background(), func(code int) {
		h.Run()
		os.Exit(code)
	})
	code := run(ctx, h, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, h *child.ShutdownHooks, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	a := &cli.App{In: os.Stdin, Out: stdout, Err: stderr, Colour: cli.HasColours(stdout), Log: slog.New(slog.NewTextHandler(stderr, nil))}
	// Determined before parsing, since the error of a command line that does not parse
	// is printed as JSON too.
	a.JSON = slices.Contains(args, "--json")
	// The parser replaces bytes that are not UTF-8 by U+FFFD, so that different keys
	// would become one.
	for _, arg := range args {
		if !utf8.ValidString(arg) {
			return a.Fail(cli.Wrong(fmt.Errorf("the argument %q is not valid UTF-8", arg), "write it in UTF-8"))
		}
	}
	var c commands
	// Help and the version are printed within Parse, after which no command must run.
	helped := false
	parser, err := kong.New(&c,
		kong.Name("parley"),
		kong.Description(about),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ExplicitGroups(groups()),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(a, h),
		limits(),
	)
	if err != nil {
		panic(fmt.Sprintf("the command line grammar is wrong: %v", err))
	}
	parsed, err := parser.Parse(args)
	if helped {
		return cli.ExitOK
	}
	if err != nil {
		return a.Fail(misused(err))
	}
	return a.Fail(parsed.Run())
}

// misused returns the failure of a command line that does not parse.
func misused(err error) error {
	command := "parley"
	var parse *kong.ParseError
	if errors.As(err, &parse) {
		if selected := parse.Context.Selected(); selected != nil {
			command = selected.FullPath()
		}
	}
	return cli.Wrong(err, "run `"+command+" --help` to see what it takes")
}
