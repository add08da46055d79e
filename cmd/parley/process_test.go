package main

import (
	"fmt"
	"os"
	"testing"

	"parley/test/proc"
)

// program is the tested binary, built once.
var program proc.Program

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	built, dir, err := proc.Build()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = built
	return m.Run()
}

// parley runs a command to its end.
func parley(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return program.Run(t, args...)
}

// parleyJSON runs a command with --json and decodes what it prints.
func parleyJSON[T any](t *testing.T, wantCode int, args ...string) T {
	t.Helper()
	return proc.JSON[T](t, program, wantCode, args...)
}

// start starts a command, which is stopped at the end of the test.
func start(t *testing.T, args ...string) *proc.Process {
	t.Helper()
	return program.Start(t, args...)
}
