package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

const usage = `usage:
  tier quick|test|proof [STEP...]   run a tier, or some of its steps
  tier list                         print the tiers as a table
  tier soak [flags]                 repeat tests under load, see tier soak -help
  tier load [flags]                 keep processors and disk busy, see tier load -help
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root, err := findRoot()
	if err == nil {
		err = command(ctx, root, os.Args[1:])
	}
	switch {
	case err == nil:
	case errors.Is(err, errUsage):
		fmt.Fprint(os.Stderr, "tier: ", err, "\n", usage)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "tier:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("wrong usage")

func command(ctx context.Context, root string, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: nothing to do", errUsage)
	}
	switch args[0] {
	case "list":
		fmt.Print(table())
		return nil
	case "soak":
		return soak(ctx, root, args[1:])
	case "load":
		return loadUntilStopped(ctx, args[1:])
	}
	for _, t := range tiers() {
		if t.name == args[0] {
			return runTier(ctx, root, t, args[1:])
		}
	}
	return fmt.Errorf("%w: there is no tier %q", errUsage, args[0])
}

// findRoot is the folder of the main module: the one above with a .ci folder.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "cmd", "parley")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("run it inside a checkout of Parley")
		}
	}
}

// table is the tiers for CONTRIBUTING.md.
func table() string {
	var b strings.Builder
	for _, t := range tiers() {
		fmt.Fprintf(&b, "**`make %s`**, %s:\n\n| Step | What it proves |\n|---|---|\n", t.name, t.what)
		for _, s := range t.steps {
			fmt.Fprintf(&b, "| %s | %s |\n", s.name, s.proves)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// output runs a command in a folder and returns what it prints.
func output(ctx context.Context, dir string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("running %s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
