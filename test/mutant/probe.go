package mutant

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"parley/test/proc"
)

// mark begins the line with the result of a probe.
const mark = "\nprobe "

// Print is for the test that a broken binary runs: it prints its result for
// [Probe].
func Print(t *testing.T, result any) {
	t.Helper()
	raw, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s%s\n", mark, raw)
}

// Probe compiles the tests of the package in the folder pkg, seen from the
// module's root, with edits, runs the one test of that name with args, and reads
// what it [Print]s into result.
func Probe(t *testing.T, pkg, name string, edits []Edit, result any, test string, args ...string) {
	t.Helper()
	root := moduleRoot(t)
	dir := t.TempDir()
	over, err := overlay(root, dir, name, edits)
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "mutant.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", over, "-o", bin, "./"+pkg)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("compiling mutant %s: %v\n%s", name, err, out)
	}
	run := exec.CommandContext(t.Context(), bin, append([]string{"-test.run", "^" + test + "$"}, args...)...)
	run.Dir, run.Stderr = dir, os.Stderr
	out, err := run.Output()
	if err != nil {
		t.Fatalf("mutant %s: %v\n%s", name, err, out)
	}
	_, after, found := bytes.Cut(out, []byte(mark))
	line, _, _ := bytes.Cut(after, []byte("\n"))
	if err := json.Unmarshal(line, result); !found || err != nil {
		t.Fatalf("mutant %s printed no result (%v)\n%s", name, err, out)
	}
}

// Applies checks that every text that the edits replace stands where they expect
// it, without compiling.
func Applies(t *testing.T, name string, edits []Edit) {
	t.Helper()
	if _, err := overlay(moduleRoot(t), t.TempDir(), name, edits); err != nil {
		t.Error(err)
	}
}

func moduleRoot(t testing.TB) string {
	t.Helper()
	root, err := proc.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}
