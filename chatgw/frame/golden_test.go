package frame_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"parley/chatgw/frame"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The encoding of every frame is pinned: clients that others wrote read it.
func TestGolden(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			file := filepath.Join("testdata", s.name+".json")
			if *update {
				if err := os.WriteFile(file, append(s.data, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v (write it with: go test ./chatgw/frame -run TestGolden -update)", err)
			}
			if want = bytes.TrimSuffix(want, []byte("\n")); !bytes.Equal(s.data, want) {
				t.Errorf("encodes as\n%s\nand the golden file has\n%s", s.data, want)
			}
			v, err := decode(s)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(v, s.value) {
				t.Errorf("decodes as\n%#v\nwant\n%#v", v, s.value)
			}
		})
	}
}

// Every type of frame has a sample, and all samples together set every field.
func TestEverySample(t *testing.T) {
	client, gateway := map[string]bool{}, map[string]bool{}
	set := map[string]bool{}
	for _, s := range samples() {
		typ := reflect.TypeOf(s.value).Elem()
		if s.client {
			client[typ.Name()] = true
		} else {
			gateway[typ.Name()] = true
		}
		fields(reflect.ValueOf(s.value).Elem(), set)
	}
	if !client["Extension"] || !gateway["Extension"] {
		t.Error("the frame Extension has no sample in one direction")
	}
	for file, sampled := range map[string]map[string]bool{"client.go": client, "server.go": gateway, "extension.go": client} {
		for name, st := range structs(t, file) {
			first := st.Fields.List[0].Names[0].Name
			if (first == "T") != sampled[name] && name != "Unknown" {
				t.Errorf("%s: the frame %s has no sample", file, name)
			}
			for _, f := range st.Fields.List {
				for _, n := range f.Names {
					if !set[name+"."+n.Name] && n.Name != "Room" {
						t.Errorf("%s: no sample sets %s.%s", file, name, n.Name)
					}
				}
			}
		}
	}
}

// fields notes which fields of this package's structs are set.
func fields(v reflect.Value, set map[string]bool) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			fields(v.Index(i), set)
		}
	case reflect.Struct:
		if v.Type().PkgPath() != reflect.TypeFor[frame.Hello]().PkgPath() {
			return
		}
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				set[v.Type().Name()+"."+v.Type().Field(i).Name] = true
			}
			fields(v.Field(i), set)
		}
	}
}

// structs are the types of a source file that are written in JSON.
func structs(t *testing.T, file string) map[string]*ast.StructType {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*ast.StructType{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.TypeSpec); ok {
			if st, ok := s.Type.(*ast.StructType); ok {
				found[s.Name.Name] = st
			}
		}
		return true
	})
	return found
}

// A constant Type... of each source file is decoded as a frame of its own.
func TestEveryTypeIsDecoded(t *testing.T) {
	gateway := func(data []byte) bool {
		f, err := frame.DecodeGateway(data)
		_, unknown := f.(*frame.Unknown)
		return err == nil && !unknown
	}
	for file, known := range map[string]func(data []byte) bool{
		"client.go": func(data []byte) bool {
			_, err := frame.DecodeClient(data)
			return err == nil || !strings.Contains(err.Error(), "no type of frame")
		},
		"server.go":    gateway,
		"extension.go": gateway,
	} {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(s.Names[0].Name, "Type") {
				return true
			}
			found++
			word, err := strconv.Unquote(s.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			if !known([]byte(`{"t":"` + word + `"}`)) {
				t.Errorf("%s: %s is not decoded", file, s.Names[0].Name)
			}
			return true
		})
		if found == 0 {
			t.Errorf("%s: found %d types of frames", file, found)
		}
	}
}

// No golden file is left of a frame that is gone.
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
