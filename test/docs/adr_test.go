package docs_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// tools are the programs that a go.mod names as such.
func tools(t *testing.T, path string) (packages []string) {
	t.Helper()
	mod := read(t, path)
	if block := regexp.MustCompile(`(?s)tool \((.*?)\)`).FindStringSubmatch(mod); block != nil {
		packages = strings.Fields(block[1])
	}
	for _, m := range regexp.MustCompile(`(?m)^tool ([^ (\n]+)$`).FindAllStringSubmatch(mod, -1) {
		packages = append(packages, m[1])
	}
	return packages
}

// goMods are the files of the modules: what the product needs, and apart from
// it, what its tools, benchmarks and some tests do.
var goMods = []string{"go.mod", "tools/go.mod", "bench/go.mod", "test/browser/go.mod", "test/chaos/go.mod", "test/mappers/go.mod", "test/modules/go.mod", "test/power/go.mod"}

// direct are the modules in a go.mod of which a Go file imports a package.
func direct(t *testing.T) (modules []string) {
	t.Helper()
	imports := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root):
			return filepath.SkipDir
		case filepath.Ext(path) != ".go":
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			imports[strings.Trim(i.Path.Value, `"`)] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	own := strings.TrimSpace(regexp.MustCompile(`(?m)^module (.*)$`).FindStringSubmatch(read(t, "go.mod"))[1])
	for _, file := range goMods {
		for _, m := range regexp.MustCompile(`(?m)^(?:require )?\s*(\S+\.\S+/\S+) v\S+`).FindAllStringSubmatch(read(t, file), -1) {
			for path := range imports {
				if m[1] == own { // another module's of this repository
					break
				}
				if path == m[1] || strings.HasPrefix(path, m[1]+"/") {
					modules = append(modules, m[1])
					break
				}
			}
		}
	}
	return modules
}

// Every direct dependency has a decision record that names it.
func TestDependenciesAreRecorded(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "docs/adr/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	modules := direct(t)
	if len(modules) < 3 {
		t.Errorf("found only %q in go.mod", modules)
	}
	for _, m := range append(modules, tools(t, "tools/go.mod")...) {
		if !strings.Contains(all.String(), "`"+m+"`") {
			t.Errorf("no decision record names `%s`", m)
		}
	}
}

// Records are numbered without gaps and have the same parts.
func TestRecordsAreInOrder(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "docs/adr/[0-9]*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		name := filepath.Base(f)
		if want := i + 1; name[:4] != fmt.Sprintf("%04d", want) {
			t.Errorf("%s is number %d", name, want)
		}
		text := read(t, "docs/adr/"+name)
		for _, part := range []string{"## Why", "## Instead of", "## Costs"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s has no part %q", name, part)
			}
		}
	}
}
