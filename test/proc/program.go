package proc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Patience bounds every wait that has no bound of its own to hold. It only ends
// a test that would hang: a machine that is five times slower and busy with
// something else stays below it. How fast the program is, benchmarks measure.
const Patience = 2 * time.Minute

// Poll is how often something is looked at that cannot say by itself that it
// has changed.
const Poll = 20 * time.Millisecond

// Exit codes of the program, see `parley order --help`.
const (
	ExitOK      = 0
	ExitFailed  = 1
	ExitWrong   = 2
	ExitAborted = 3
)

// Program is the path of the built program.
type Program string

// Build builds the program into a new directory, which the caller removes. The
// program watches for races when the tests do.
func Build() (p Program, dir string, err error) {
	if dir, err = os.MkdirTemp("", "parley-test-*"); err != nil {
		return "", "", err
	}
	path := filepath.Join(dir, "parley")
	if err = build(path); err != nil {
		os.RemoveAll(dir)
		return "", "", fmt.Errorf("building parley: %w", err)
	}
	return Program(path), dir, nil
}

// build builds the program in a folder of the user's that stays, so that it is
// linked once and not by each package of tests, and copies it to path.
func build(path string) error {
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	cache = filepath.Join(cache, "parley-test"+strings.Join(buildFlags, ""))
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return err
	}
	unlock, err := lock(filepath.Join(cache, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	built := filepath.Join(cache, "parley")
	args := append(append([]string{"build"}, buildFlags...), "-o", built, "parley/cmd/parley")
	// The tests may be in another module, which does not have what the program needs.
	root, err := exec.Command("go", "list", "-f", "{{.Module.Dir}}", "parley/test/proc").Output()
	if err != nil {
		return fmt.Errorf("finding the module: %w", err)
	}
	build := exec.Command("go", args...)
	build.Dir = strings.TrimSpace(string(root))
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return copyFile(path, built)
}

// lock waits until no other process holds the lock.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return func() { f.Close() }, nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// Start starts a command that runs until it is stopped; the test ends it, if
// nobody else does.
func (p Program) Start(t testing.TB, args ...string) *Process {
	t.Helper()
	return Launch(t, append([]string{string(p)}, args...)...)
}

// Run runs a command to its end.
func (p Program) Run(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return Run(t, append([]string{string(p)}, args...)...)
}

// JSON runs a command with --json and decodes what it prints.
func JSON[T any](t testing.TB, p Program, wantCode int, args ...string) (v T) {
	t.Helper()
	out, errs, code := p.Run(t, append(args, "--json")...)
	if code != wantCode {
		t.Fatalf("parley %s: exit %d, want %d\n%s%s", strings.Join(args, " "), code, wantCode, out, errs)
	}
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("parley %s: %v in %q", strings.Join(args, " "), err, out)
	}
	return v
}

// Run runs any command to its end, in [Environment].
func Run(t testing.TB, argv ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = Environment(), &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, &errs)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// Environment is that of a person who has set nothing for Parley. A race in a
// process ends it with an exit code that no test expects; without one the process
// does not wait a second for others before it ends, as it does otherwise.
func Environment() (env []string) {
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "PARLEY_") && !strings.HasPrefix(e, "GORACE=") {
			env = append(env, e)
		}
	}
	return append(env, "GORACE=halt_on_error=1 exitcode=66 atexit_sleep_ms=0")
}

// Eventually waits until try succeeds.
func Eventually(t testing.TB, within time.Duration, what string, try func() error) {
	t.Helper()
	tick := time.NewTicker(Poll)
	defer tick.Stop()
	late := time.After(within)
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s: not within %v: %v", what, within, err)
		}
	}
}
