package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
)

// Links between documents, and to files and headings, lead somewhere.
func TestLinks(t *testing.T) {
	headings := map[string]map[string]bool{} // by document
	for _, path := range documents(t) {
		text := fenced.ReplaceAllString(read(t, path), "")
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			file := path
			if target != "" {
				file = filepath.Join(filepath.Dir(path), target)
			}
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("%s links to %s, which does not exist", path, m[1])
				continue
			}
			if anchor == "" {
				continue
			}
			if headings[file] == nil {
				headings[file] = anchors(read(t, file))
			}
			if !headings[file][anchor] {
				t.Errorf("%s links to %s: there is no such heading", path, m[1])
			}
		}
	}
}

// anchors are the names that headings get.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	dropped := regexp.MustCompile(`[^a-z0-9 _-]`)
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		name := dropped.ReplaceAllString(strings.ToLower(m[1]), "")
		found[strings.ReplaceAll(name, " ", "-")] = true
	}
	return found
}

// Documents describe the software, not a particular machine.
func TestNothingPrivate(t *testing.T) {
	private := regexp.MustCompile(`/(home|root|work|tmp/[a-z])[/ ]`)
	for _, path := range documents(t) {
		for i, line := range strings.Split(read(t, path), "\n") {
			if private.MatchString(line) {
				t.Errorf("%s:%d names a place on somebody's machine: %s", path, i+1, line)
			}
		}
	}
}
