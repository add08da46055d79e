package e2e

import (
	"testing"

	"parley/test/proc"
)

// What nearly every test of this package uses, by its short name.
type process = proc.Process

const (
	patience = proc.Patience
	poll     = proc.Poll

	exitOK      = proc.ExitOK
	exitFailed  = proc.ExitFailed
	exitWrong   = proc.ExitWrong
	exitAborted = proc.ExitAborted
)

var (
	eventually = proc.Eventually
	launch     = proc.Launch
	run        = proc.Run
)

// start starts a command of the program; the test ends it, if nobody else does.
func start(t testing.TB, args ...string) *process {
	t.Helper()
	return binary.Start(t, args...)
}

// parley runs a command to its end.
func parley(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return binary.Run(t, args...)
}

// parleyJSON runs a command with --json and decodes what it prints.
func parleyJSON[T any](t testing.TB, wantCode int, args ...string) T {
	t.Helper()
	return proc.JSON[T](t, binary, wantCode, args...)
}
