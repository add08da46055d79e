package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"
)

// soak repeats tests of one package under each load, and shows how many runs
// failed, with the seeds of their order.
func soak(ctx context.Context, root string, args []string) error {
	flags := flag.NewFlagSet("tier soak", flag.ContinueOnError)
	pkg := flags.String("pkg", "", "the package, like ./coordinator; required")
	run := flags.String("run", ".", "which of its tests, a regular expression")
	count := flags.Int("count", 10, "runs under each load")
	race := flags.Bool("race", true, "with the race detector")
	timeout := flags.Duration("timeout", 15*time.Minute, "of one run")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if *pkg == "" || *count < 1 {
		return fmt.Errorf("%w: soak needs -pkg, and a -count of at least 1 (it is %d)", errUsage, *count)
	}
	dir := filepath.Join(root, filepath.FromSlash(*pkg)) // perhaps of another module
	kept := filepath.Join(root, logs, "soak")
	if err := os.MkdirAll(kept, 0o755); err != nil {
		return err
	}
	program := filepath.Join(kept, "test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", program, fmt.Sprintf("-race=%t", *race))
	build.Dir, build.Stdout, build.Stderr = dir, os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("compiling the tests of %s: %w", *pkg, err)
	}
	s := soaking{program: program, dir: dir, run: *run, timeout: *timeout, kept: kept}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LOAD\tRUNS\tFAILED\tSHARE\tSLOWEST\tSEEDS THAT FAILED")
	failed := 0
	for _, l := range []load{{}, {cores: 1}, {cores: 2}, {disk: true}, {cores: 1, disk: true}} {
		r, err := s.under(ctx, l, *count)
		failed += len(r.seeds)
		fmt.Fprintf(w, "%s\t%d\t%d\t%.0f %%\t%s\t%s\n", l, r.runs, len(r.seeds), 100*float64(len(r.seeds))/float64(max(r.runs, 1)), seconds(r.longest), strings.Join(r.seeds, " "))
		if err != nil {
			w.Flush()
			return err
		}
	}
	w.Flush()
	if failed > 0 {
		return fmt.Errorf("%d runs failed, their output is in %s; replay one with: go -C %s test -run '%s' -shuffle SEED", failed, filepath.Join(logs, "soak"), *pkg, *run)
	}
	return nil
}

type soaking struct {
	program, dir, run, kept string
	timeout                 time.Duration
}

// soaked is what came of the runs under one load.
type soaked struct {
	runs    int
	longest time.Duration
	seeds   []string
}

var seedLine = regexp.MustCompile(`-test\.shuffle (\d+)`)

func (s *soaking) under(ctx context.Context, l load, count int) (r soaked, err error) {
	stop, err := l.start()
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	for range count {
		began := time.Now()
		var out bytes.Buffer
		cmd := exec.CommandContext(ctx, s.program, "-test.run", s.run, "-test.shuffle", "on", "-test.timeout", s.timeout.String())
		cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, &out, &out
		failed := cmd.Run()
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		r.runs++
		r.longest = max(r.longest, time.Since(began))
		verdict := "ok"
		if failed != nil {
			verdict = "FAILED"
			seed := "unknown"
			if m := seedLine.FindSubmatch(out.Bytes()); m != nil {
				seed = string(m[1])
			}
			r.seeds = append(r.seeds, seed)
			if err := os.WriteFile(filepath.Join(s.kept, seed+".log"), out.Bytes(), 0o644); err != nil {
				return r, err
			}
		}
		fmt.Fprintf(os.Stderr, "%s: run %d of %d %s in %s\n", l, r.runs, count, verdict, seconds(time.Since(began)))
	}
	return r, nil
}
