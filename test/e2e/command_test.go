package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// patience bounds every wait that has no bound of its own to hold; on a
// healthy machine nothing comes near it.
const patience = 60 * time.Second

// poll is how often something is looked at that cannot say by itself that it
// has changed.
const poll = 20 * time.Millisecond

// Exit codes, see `parley order --help`.
const (
	exitOK      = 0
	exitFailed  = 1
	exitWrong   = 2
	exitAborted = 3
)

// eventually waits until try succeeds.
func eventually(t testing.TB, within time.Duration, what string, try func() error) {
	t.Helper()
	tick := time.NewTicker(poll)
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

// environment is that of a person who has set nothing for Parley. A race in a
// process ends it with an exit code that no test expects.
func environment() (env []string) {
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "PARLEY_") && !strings.HasPrefix(e, "GORACE=") {
			env = append(env, e)
		}
	}
	return append(env, "GORACE=halt_on_error=1 exitcode=66")
}

// parley runs a command to its end.
func parley(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return run(t, append([]string{binary}, args...)...)
}

func run(t testing.TB, argv ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = environment(), &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, &errs)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// parleyJSON runs a command with --json and decodes what it prints.
func parleyJSON[T any](t testing.TB, wantCode int, args ...string) (v T) {
	t.Helper()
	out, errs, code := parley(t, append(args, "--json")...)
	if code != wantCode {
		t.Fatalf("parley %s: exit %d, want %d\n%s%s", strings.Join(args, " "), code, wantCode, out, errs)
	}
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("parley %s: %v in %q", strings.Join(args, " "), err, out)
	}
	return v
}
