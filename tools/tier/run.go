package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"gotest.tools/gotestsum/testjson"
)

// logs is where the whole output of every step is kept, below the root.
const logs = ".tier"

// runTier runs the steps in turn, or those that are named.
func runTier(ctx context.Context, root string, t tier, names []string) error {
	for _, name := range names {
		if !slices.ContainsFunc(t.steps, func(s step) bool { return s.name == name }) {
			return fmt.Errorf("%w: tier %s has no step %q", errUsage, t.name, name)
		}
	}
	if err := os.MkdirAll(filepath.Join(root, logs), 0o755); err != nil {
		return err
	}
	passed, err := openLedger(ctx, root, t)
	if err != nil {
		return err
	}
	steps := t.steps
	if len(names) > 0 {
		steps = slices.DeleteFunc(slices.Clone(steps), func(s step) bool { return !slices.Contains(names, s.name) })
	}
	began := time.Now()
	var results []*result
	for len(steps) > 0 && ctx.Err() == nil {
		together := 1
		for together < len(steps) && steps[together-1].concurrent && steps[together].concurrent {
			together++
		}
		group := make([]*result, together)
		var running sync.WaitGroup
		for i, s := range steps[:together] {
			if r := passed.result(s); r != nil && len(names) == 0 {
				group[i] = r
				continue
			}
			running.Go(func() { group[i] = runStep(ctx, root, t, s) })
		}
		running.Wait()
		for _, r := range group {
			if r.err == nil && !r.earlier && ctx.Err() == nil {
				if err := passed.add(r); err != nil {
					return err
				}
			}
		}
		results, steps = append(results, group...), steps[together:]
	}
	return summarize(os.Stdout, t, results, time.Since(began), ctx.Err())
}

// result is what a step came to.
type result struct {
	step step
	err  error
	// earlier: it passed in an earlier run, which this one resumes.
	earlier  bool
	wall     time.Duration
	cpu      time.Duration
	packages []timing
	tests    []timing
	skipped  []string
	counts   map[string]int64
	passed   int
	failed   int
}

// timing is how long something took.
type timing struct {
	name string
	took time.Duration
}

func runStep(ctx context.Context, root string, t tier, s step) *result {
	r := &result{step: s, counts: map[string]int64{}}
	fmt.Printf("\n--- %s: %s\n", s.name, s.proves)
	began := time.Now()
	r.err = r.run(ctx, root, t)
	r.wall = time.Since(began)
	verdict := "passed"
	if r.err != nil {
		verdict = "FAILED: " + r.err.Error()
	}
	fmt.Printf("--- %s %s in %s\n", s.name, verdict, seconds(r.wall))
	return r
}

func (r *result) run(ctx context.Context, root string, t tier) error {
	s := r.step
	dir := filepath.Join(root, filepath.FromSlash(s.dir))
	args := slices.Clone(s.command)
	if s.packages != nil {
		module, err := output(ctx, dir, "go", "list", "./...")
		if err != nil {
			return err
		}
		packages := s.packages(strings.Fields(module))
		if len(packages) == 0 {
			return errors.New("the step has no packages")
		}
		args = append(args, packages...)
		if len(s.args) > 0 {
			args = append(append(args, "-args"), s.args...)
		}
	} else {
		args[0] = filepath.Join(root, filepath.FromSlash(args[0]))
	}
	log, err := os.Create(filepath.Join(root, logs, t.name+"-"+s.name+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	// Without this each program that was built with the race detector sleeps for
	// a second before it ends.
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	// A signal ends what the command started too, and before it is killed it
	// has time to stop that.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = time.Minute
	defer func() {
		if cmd.ProcessState != nil {
			r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		}
	}()
	if s.packages == nil {
		both := io.MultiWriter(os.Stdout, log)
		cmd.Stdout, cmd.Stderr = both, both
		return cmd.Run()
	}
	return r.runTests(cmd, log)
}

// runTests runs go test -json.
func (r *result) runTests(cmd *exec.Cmd, log io.Writer) error {
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p := newProgress(os.Stdout, r)
	defer p.stop()
	done, scan := testjson.ScanTestOutput(testjson.ScanConfig{
		Stdout: io.TeeReader(stdout, log), Stderr: io.TeeReader(stderr, log), Handler: p, IgnoreNonJSONOutputLines: true,
	})
	err = errors.Join(cmd.Wait(), scan)
	if done == nil {
		return err
	}
	for _, name := range done.Packages() {
		pkg := done.Package(name)
		r.packages = append(r.packages, timing{name, pkg.Elapsed()})
		r.passed += len(pkg.Passed)
		for _, tc := range pkg.TestCases() {
			if !tc.Test.IsSubTest() {
				r.tests = append(r.tests, timing{name + " " + tc.Test.Name(), tc.Elapsed})
			}
		}
	}
	for _, tc := range done.Skipped() {
		r.skipped = append(r.skipped, tc.Package+" "+tc.Test.Name())
	}
	r.failed = len(done.Failed())
	if err == nil && done.Total() == 0 {
		return errors.New("no test ran")
	}
	return err
}

func seconds(d time.Duration) string {
	if d >= time.Minute {
		return d.Round(time.Second).String()
	}
	return fmt.Sprintf("%.1fs", d.Seconds())
}
