package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var deep = flag.Bool("deep", false, "run make quick in the module with another path, too")

// A copy of this repository gets another module path, and is as good as before: what
// knows the path by itself passes, every module is tidy, and with -deep make quick does.
func TestAnotherModulePath(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles much of the module under another path")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "copy")
	run := func(in, name string, args ...string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), name, args...)
		c.Dir = in
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	// What is tracked or would be, as it is now.
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	run(root, "bash", "-c", `git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' f; do [ -f "$f" ] && printf '%s\0' "$f"; done | xargs -0 cp --parents -t "$0"`, dir)
	run(dir, "git", "init", "-q", ".")
	run(dir, "git", "add", "-A")

	const module = "host.example/you/parley"
	run(dir, "make", "module", "MODULE="+module)
	if left := run(dir, "sh", "-c", `grep -rln --include=*.go --include=*.md --include=go.mod '"parley/' . || true`); left != "" {
		t.Errorf("the old path is left in\n%s", left)
	}
	for mod := range strings.FieldsSeq(run(dir, "git", "ls-files", "go.mod", "*/go.mod")) {
		run(filepath.Join(dir, filepath.Dir(mod)), "go", "list", "-deps", "-test", "./...")
	}
	run(dir, "go", "test", "-vet=off", "./internal/arch", "./coordinator/machine", "./wire/...", "./idworker/snowflake")
	if *deep {
		run(dir, "git", "-c", "user.name=test", "-c", "user.email=test@host.example", "commit", "-qm", "Another path")
		run(dir, "make", "quick")
	}
	run(dir, "tools/format")
	for _, wrong := range []string{"", "parley", "https://host.example/parley", "host.example"} {
		c := exec.CommandContext(t.Context(), "tools/module", wrong)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err == nil || !strings.Contains(string(out), "host.example/you/parley") {
			t.Errorf("the path %q: %v\n%s", wrong, err, out)
		}
	}
}
