package arch

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// indexed are the files that the comment of a package lists: the first words of the
// lines below one with "file  noun", up to the next line without a tab.
func indexed(doc string) (names []string, ok bool) {
	header := regexp.MustCompile(`^\t(\| *)?[Ff]ile +(\| )?`)
	for line := range strings.Lines(doc) {
		switch {
		case header.MatchString(line):
			ok = true
		case ok && !strings.HasPrefix(line, "\t"):
			return names, true
		case ok:
			words := strings.Fields(strings.Trim(line, "\t| \n"))
			if len(words) > 0 && strings.Trim(words[0], "-|") != "" {
				names = append(names, strings.TrimSuffix(words[0], ".go"))
			}
		}
	}
	return names, ok
}

// TestIndexes: a package comment that lists the files of its folder lists all of them,
// and no other.
func TestIndexes(t *testing.T) {
	files, err := Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	platform := regexp.MustCompile(`_(unix|other)$`)
	there := map[string][]string{} // by folder
	for _, f := range files {
		if name := strings.TrimSuffix(path.Base(f.Path), ".go"); name != "doc" {
			there[f.Dir] = append(there[f.Dir], platform.ReplaceAllString(name, ""))
		}
	}
	found := 0
	for _, f := range files {
		if f.AST.Doc == nil {
			continue
		}
		names, ok := indexed(f.AST.Doc.Text())
		if !ok {
			continue
		}
		found++
		for _, name := range names {
			if !slices.Contains(there[f.Dir], name) && !slices.Contains(there[f.Dir], name+"_test") {
				t.Errorf("%s lists %q, which is no file", f.Path, name)
			}
		}
		for _, name := range there[f.Dir] {
			// Tests are listed where the package is nothing but tests.
			if !slices.Contains(names, name) && !strings.HasSuffix(name, "_test") && f.Path != f.Dir+"/"+name+".go" {
				t.Errorf("%s does not list %s.go", f.Path, name)
			}
		}
	}
	if found < 10 {
		t.Errorf("found only %d indexes", found)
	}
}
