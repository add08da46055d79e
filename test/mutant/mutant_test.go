package mutant

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOverlayRefusesWhatHasMoved(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "a.go"), []byte("one two two"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, file, old, want string }{
		{"gone", "a.go", "three", "occurs 0 times"},
		{"twice", "a.go", "two", "occurs 2 times"},
		{"no file", "b.go", "one", "no such file"},
	} {
		_, err := overlay(root, t.TempDir(), "m", []Edit{{tt.file, tt.old, ""}})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestOverlayAppliesEditsInTurn(t *testing.T) {
	root, dir := t.TempDir(), t.TempDir()
	source := filepath.Join(root, "a.go")
	if err := os.WriteFile(source, []byte("one two"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := overlay(root, dir, "m", []Edit{{"a.go", "one", "three"}, {"a.go", "three two", "four"}})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var o struct{ Replace map[string]string }
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(o.Replace[source])
	if err != nil || string(got) != "four" {
		t.Errorf("the replacement reads %q (%v)", got, err)
	}
	if kept, _ := os.ReadFile(source); string(kept) != "one two" {
		t.Errorf("the source was changed to %q", kept)
	}
}
