package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Mutant is a deliberately broken variant of the protocol: production sources
// with a few texts replaced, compiled through an overlay. The explorer has to
// find it out.
type Mutant struct {
	Name string
	// Config is where it is found out, and Breaks the invariant that breaks.
	Config string
	Breaks Invariant
	Edits  []Edit
}

// Edit replaces a text that occurs exactly once in a file of the module.
type Edit struct{ File, Old, New string }

// Overlay writes the changed files below dir, and the overlay file that `go
// build -overlay` takes, whose name it returns. root is the module's root.
func (m *Mutant) Overlay(root, dir string) (string, error) {
	texts := map[string]string{}
	for _, e := range m.Edits {
		path := filepath.Join(root, filepath.FromSlash(e.File))
		text, ok := texts[path]
		if !ok {
			raw, err := os.ReadFile(path)
			if err != nil {
				return "", fmt.Errorf("mutant %s: %w", m.Name, err)
			}
			text = string(raw)
		}
		if n := strings.Count(text, e.Old); n != 1 {
			return "", fmt.Errorf("mutant %s: the text it replaces occurs %d times in %s, not once; the rule has moved, move the mutant:\n%s", m.Name, n, e.File, e.Old)
		}
		texts[path] = strings.Replace(text, e.Old, e.New, 1)
	}
	replace := map[string]string{}
	for path, text := range texts {
		to := filepath.Join(dir, fmt.Sprintf("%s-%d-%s", m.Name, len(replace), filepath.Base(path)))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[path] = to
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, m.Name+".json")
	return overlay, os.WriteFile(overlay, raw, 0o600)
}
