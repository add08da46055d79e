package mutant

import (
	"os/exec"
	"path/filepath"
	"testing"

	"parley/test/proc"
)

// Program builds the program with edits. It watches for no races: what it does
// wrong is no race.
func Program(t testing.TB, name string, edits []Edit) proc.Program {
	t.Helper()
	root := moduleRoot(t)
	dir := t.TempDir()
	over, err := overlay(root, dir, name, edits)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "parley")
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", over, "-o", path, "./cmd/parley")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("compiling mutant %s: %v\n%s", name, err, out)
	}
	return proc.Program(path)
}
