// Command parley is every role of Parley and the tools to use and watch them,
// one subcommand each. This package reads flags and the environment and wires;
// what it wires is in the packages it imports.
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
	// Asked before parsing, since a command line that does not parse has an
	// error to show as well.
	a.JSON = slices.Contains(args, "--json")
	// The parser passes on U+FFFD for bytes that are no UTF-8, so that different
	// keys would become one.
	for _, arg := range args {
		if !utf8.ValidString(arg) {
			return a.Fail(cli.Wrong(fmt.Errorf("the argument %q is not valid UTF-8", arg), "write it in UTF-8"))
		}
	}
	var c commands
	// Help and the version are shown from within Parse, which then must not go
	// on.
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

// misused is a command line that does not parse.
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
