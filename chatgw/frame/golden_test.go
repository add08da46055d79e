package frame_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"parley/chatgw/frame"

	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The encoding of every frame is pinned: clients that others wrote read it.
func TestGolden(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			file := filepath.Join("testdata", s.name+".json")
			data := s.data()
			if *update {
				if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v (write it with: go test ./chatgw/frame -run TestGolden -update)", err)
			}
			if want = bytes.TrimSuffix(want, []byte("\n")); !bytes.Equal(data, want) {
				t.Errorf("encodes as\n%s\nand the golden file has\n%s", data, want)
			}
			if v, err := s.decode(); err != nil || !reflect.DeepEqual(v, s.value) {
				t.Errorf("decodes as\n%#v, %v\nwant\n%#v", v, err, s.value)
			}
		})
	}
}

// Every type of frame has a sample in its direction, and all samples together set every
// field.
func TestEverySample(t *testing.T) {
	sampled := map[bool]map[reflect.Type]bool{true: {}, false: {}} // by direction
	set := map[string]bool{}
	for _, s := range samples() {
		s.data() // sets its type
		sampled[s.client][reflect.TypeOf(s.value)] = true
		fields(reflect.ValueOf(s.value).Elem(), func(name string, v reflect.Value) { set[name] = set[name] || !v.IsZero() })
	}
	client, gateway := frame.Frames()
	for fromClient, frames := range map[bool]map[string]any{true: client, false: gateway} {
		for word, f := range frames {
			if !sampled[fromClient][reflect.TypeOf(f)] {
				t.Errorf("the frame %s has no sample", word)
			}
		}
	}
	for name, is := range set {
		if !is {
			t.Errorf("no sample sets %s", name)
		}
	}
}

// fields calls visit for the fields of this package's structs in v.
func fields(v reflect.Value, visit func(name string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			fields(v.Index(i), visit)
		}
	case reflect.Struct:
		if v.Type().PkgPath() != reflect.TypeFor[frame.Hello]().PkgPath() {
			return
		}
		for i := range v.NumField() {
			visit(v.Type().Name()+"."+v.Type().Field(i).Name, v.Field(i))
			fields(v.Field(i), visit)
		}
	}
}

// A constant Type... of each source file is decoded as a frame of its own.
func TestEveryTypeIsDecoded(t *testing.T) {
	client, gateway := frame.Frames()
	for file, known := range map[string]map[string]any{"client.go": client, "server.go": gateway, "extension.go": gateway} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`(?m)^(?:const|\t)[ ]?Type\w+ +=\s*"(\w+)"`).FindAllSubmatch(source, -1)
		if len(found) == 0 {
			t.Errorf("%s has no types of frames", file)
		}
		for _, m := range found {
			if known[string(m[1])] == nil {
				t.Errorf("%s: %s is not decoded", file, m[1])
			}
		}
	}
}

// No golden file is left of a frame that no longer exists.
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
