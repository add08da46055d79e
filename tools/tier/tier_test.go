package main

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// TestEveryModuleIsTested: a folder with a go.mod is that of a step of make test.
func TestEveryModuleIsTested(t *testing.T) {
	dirs := map[string]bool{}
	for _, s := range test() {
		dirs[filepath.Join(root, s.dir)] = true
	}
	walk(t, "go.mod", func(path string) {
		if !dirs[filepath.Dir(path)] {
			t.Errorf("no step of make test runs the module of %s", path)
		}
	})
}

// TestOtherModulesAreNotCached: go test takes a result from its cache although files
// have changed that a test reads outside its own module, such as the page's.
func TestOtherModulesAreNotCached(t *testing.T) {
	for _, s := range slices.Concat(quick(), test(), proof()) {
		if s.dir == "" || s.command[0] != "go" {
			continue
		}
		if !slices.Contains(s.command, "-count=1") && !slices.Contains(s.command, "-shuffle=on") {
			t.Errorf("step %s runs tests of %s from the cache: %v", s.name, s.dir, s.command)
		}
	}
}

// TestEveryPackageIsInATier: make test runs every package of the main module
// once, and make quick every one that it does not name as installed.
func TestEveryPackageIsInATier(t *testing.T) {
	module := listPackages(t)
	runs := map[string]int{}
	for _, s := range test() {
		if s.packages == nil || s.dir != "" {
			continue
		}
		for _, pkg := range s.packages(module) {
			runs[pkg]++
		}
	}
	for _, pkg := range module {
		if runs[pkg] != 1 {
			t.Errorf("make test runs %s %d times", pkg, runs[pkg])
		}
	}
	for _, names := range [][]string{plain, installed, long} {
		for _, name := range names {
			if !slices.Contains(module, "parley/"+name) {
				t.Errorf("plan.go names the package %s, which does not exist", name)
			}
		}
	}
}

// TestEveryDeepFlagIsUsed: what a test does only with -deep or -long is done by
// make proof.
func TestEveryDeepFlagIsUsed(t *testing.T) {
	declared := regexp.MustCompile(`flag\.Bool\("(deep|long)"|explore\.Suite`)
	walk(t, "_test.go", func(path string) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m := declared.FindSubmatch(raw)
		if m == nil {
			return
		}
		name := "-" + cmp.Or(string(m[1]), "deep") // a suite declares it
		pkg, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range proof() {
			if s.packages != nil && len(s.packages([]string{"parley/" + pkg})) == 1 && slices.Contains(s.args, name) {
				return
			}
		}
		t.Errorf("no step of make proof runs %s with %s", pkg, name)
	})
}

// TestDocumented: CONTRIBUTING.md has the tiers as they are.
func TestDocumented(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), table()) {
		t.Errorf("CONTRIBUTING.md does not have the tiers, which `go -C tools run ./tier list` prints:\n%s", table())
	}
}

// TestResults: what passes, fails, panics, does not compile or does not exist is
// distinguished, and what tests count is summed up.
func TestResults(t *testing.T) {
	for _, c := range []struct {
		name, body     string
		failed         bool
		passed, states int
	}{
		{"passes", `func TestA(t *testing.T) { t.Attr("states", "3") }; func TestB(t *testing.T) { t.Attr("states", "4") }`, false, 2, 7},
		{"fails", `func TestA(t *testing.T) {}; func TestB(t *testing.T) { t.Error("planted") }`, true, 1, 0},
		{"panics", `func TestA(t *testing.T) { panic("planted") }`, true, 0, 0},
		{"does not compile", `func TestA(t *testing.T) { planted() }`, true, 0, 0},
		{"has no test", ``, true, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "go.mod"), "module planted\n\ngo 1.26\n")
			writeFile(t, filepath.Join(dir, "a_test.go"), "package planted\n\nimport \"testing\"\n\nvar _ *testing.T\n\n"+c.body+"\n")
			if err := os.Mkdir(filepath.Join(dir, logs), 0o755); err != nil {
				t.Fatal(err)
			}
			r := runStep(t.Context(), dir, tier{name: "test"}, step{name: "planted", command: goTest(), packages: all})
			if (r.err != nil) != c.failed || r.passed != c.passed || r.counts["states"] != int64(c.states) {
				t.Errorf("got %v, %d passed, %v", r.err, r.passed, r.counts)
			}
		})
	}
}

// TestProofResumes: what has passed is not run again with the same sources, and
// is with others.
func TestProofResumes(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{{"init", "-q"}, {"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "a"}} {
		if _, err := output(t.Context(), dir, "git", args...); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, filepath.Join(dir, ".gitignore"), "/.tier/\n/runs\n")
	writeFile(t, filepath.Join(dir, "step"), "#!/bin/sh\necho run >> runs\n")
	if err := os.Chmod(filepath.Join(dir, "step"), 0o755); err != nil {
		t.Fatal(err)
	}
	run := func(want int) {
		t.Helper()
		if err := runTier(context.Background(), dir, tier{name: "proof", steps: []step{{name: "s", command: []string{"step"}}}}, nil); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(dir, "runs"))
		if err != nil || strings.Count(string(raw), "run") != want {
			t.Errorf("the step ran %d times (%v), want %d", strings.Count(string(raw), "run"), err, want)
		}
	}
	run(1)
	run(1)
	writeFile(t, filepath.Join(dir, "new.go"), "package planted\n")
	run(2)
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func listPackages(t *testing.T) []string {
	t.Helper()
	out, err := output(t.Context(), root, "go", "list", "./...")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(out)
}

// walk visits the files of the checkout whose names end in suffix.
func walk(t *testing.T, suffix string, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" || d.Name() == logs):
			return fs.SkipDir
		case strings.HasSuffix(d.Name(), suffix):
			visit(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(fmt.Errorf("walking %s: %w", root, err))
	}
}
