// Package mutant makes deliberately broken variants of production code, which a
// checker has to catch: sources with a few texts replaced, compiled through
// `go build -overlay`. So production code has no switches for bugs, and a
// variant whose text is not found any more fails its test instead of outliving
// the rule that it breaks. See docs/adr/0012-broken-variants.md.
package mutant

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Edit replaces a text that occurs exactly once in a file of the module.
type Edit struct{ file, old, to string }

// Replace is the edit that puts to in the place of old in a file, which is named
// from the module's root.
func Replace(file, old, to string) Edit { return Edit{file, old, to} }

// overlay writes the changed files below dir, and the overlay file that `go
// build -overlay` takes, whose name it returns. root is the module's root.
func overlay(root, dir, name string, edits []Edit) (string, error) {
	texts := map[string]string{}
	for _, e := range edits {
		path := filepath.Join(root, filepath.FromSlash(e.file))
		text, ok := texts[path]
		if !ok {
			raw, err := os.ReadFile(path)
			if err != nil {
				return "", fmt.Errorf("mutant %s: %w", name, err)
			}
			text = string(raw)
		}
		if n := strings.Count(text, e.old); n != 1 {
			return "", fmt.Errorf("mutant %s: the text it replaces occurs %d times in %s, not once; the rule has moved, move the mutant:\n%s", name, n, e.file, e.old)
		}
		texts[path] = strings.Replace(text, e.old, e.to, 1)
	}
	replace := map[string]string{}
	for path, text := range texts {
		to := filepath.Join(dir, fmt.Sprintf("%s-%d-%s", name, len(replace), filepath.Base(path)))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[path] = to
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	to := filepath.Join(dir, name+".json")
	return to, os.WriteFile(to, raw, 0o600)
}
