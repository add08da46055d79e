package wire_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

type (
	raw     = json.RawMessage
	details = map[string]json.RawMessage
)

// The encoding of every message is pinned: processes of different builds talk
// to each other, and journals and logs outlive them. A file that changes is a
// new version of the protocol. (Renaming a JSON field, or dropping an omitempty,
// fails here.)
func TestGolden(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			data := s.encode(s.value)
			file := filepath.Join("testdata", s.name+".json")
			if *update {
				if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v (write it with: go test ./wire -run TestGolden -update)", err)
			}
			if want = bytes.TrimSuffix(want, []byte("\n")); !bytes.Equal(data, want) {
				t.Errorf("encodes as\n%s\nand the golden file has\n%s", data, want)
			}
			v, err := s.decode(want)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(v, s.value) {
				t.Errorf("decodes as\n%#v\nwant\n%#v", v, s.value)
			}
		})
	}
}

// No golden file is left of a message that is gone.
func TestGoldenFilesAreUsed(t *testing.T) {
	used := map[string]bool{}
	for _, s := range samples() {
		used[s.name+".json"] = true
	}
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("found %v, %v", files, err)
	}
	for _, f := range files {
		if !used[filepath.Base(f)] {
			t.Errorf("%s belongs to no sample", f)
		}
	}
}
