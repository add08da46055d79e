// Package examples runs examples as tests: what they start with package parleytest ends
// with them. An example has no [testing.T], so a failure ends the process.
package examples

import (
	"context"
	"io"
	"log"
	"os"
	"slices"
	"testing"
)

// T is the test of an example. It has those methods of [testing.TB] that helpers use.
type T struct {
	testing.TB
	cleanups []func()
}

// New returns a test, for which End has to be called.
func New() *T { return &T{} }

// End calls the clean-up functions, the last one first.
func (t *T) End() {
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}

func (t *T) Helper()                  {}
func (t *T) Name() string             { return "Example" }
func (t *T) Context() context.Context { return context.Background() }
func (t *T) Output() io.Writer        { return io.Discard }
func (t *T) Cleanup(f func())         { t.cleanups = append(t.cleanups, f) }

func (t *T) TempDir() string {
	dir, err := os.MkdirTemp("", "parley-example-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (t *T) Errorf(format string, args ...any) { log.Fatalf(format, args...) }
func (t *T) Fatalf(format string, args ...any) { log.Fatalf(format, args...) }
func (t *T) Fatal(args ...any)                 { log.Fatal(args...) }
