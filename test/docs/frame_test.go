package docs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parley/chatgw/frame"
	"parley/wire"
	"parley/wire/chatwire"
)

// frameHeadings are the headings of those frames whose type two share.
var frameHeadings = map[string]string{"TypingIn": "typing frame of a client", "Typed": "typing frame of the gateway"}

// frameHeading is where the struct of package frame is documented: frames
// under their type, what stands in frames under its name.
func frameHeading(src *source, name string) string {
	if h, ok := frameHeadings[name]; ok {
		return h
	}
	if src.structs[name][0] == "t" {
		return strings.ToLower(name) + " frame"
	}
	return name
}

// Every field of every frame, and of what stands in frames, has its row.
func TestFrameFields(t *testing.T) {
	text := read(t, protocol)
	src := parsePackage(t, "chatgw/frame")
	for name, fields := range src.structs {
		if name == "Unknown" {
			continue
		}
		var listed []string
		for _, r := range rows(section(t, text, frameHeading(src, name))) {
			if len(r) == 4 {
				listed = append(listed, quoted(r[0]))
			}
		}
		if !slices.Equal(listed, fields) {
			t.Errorf("the fields of %s are %q, listed are %q", name, fields, listed)
		}
	}
}

// So has every field of what the extensions of the page send.
func TestExtensionFields(t *testing.T) {
	text := read(t, protocol)
	for _, dir := range []string{"page/orders", "page/ids", "internal/faults"} {
		src := parsePackage(t, dir)
		found := 0
		for name, fields := range src.structs {
			if len(fields) == 0 {
				continue
			}
			found++
			heading := name
			if name == "Request" {
				heading = "Request to " + filepath.Base(dir)
			}
			var listed []string
			for _, r := range rows(section(t, text, heading)) {
				if len(r) == 4 {
					listed = append(listed, quoted(r[0]))
				}
			}
			if !slices.Equal(listed, fields) {
				t.Errorf("the fields of %s in %s are %q, listed are %q", name, dir, fields, listed)
			}
		}
		if found < 3 {
			t.Errorf("found %d bodies in %s", found, dir)
		}
	}
}

// Every frame has an example, which its reader takes without an unknown field.
func TestEveryFrameHasAnExampleThatDecodes(t *testing.T) {
	examples := map[string]int{}
	for _, f := range fences(read(t, protocol)) {
		name, ok := strings.CutPrefix(f.info, "json frame.")
		if !ok {
			continue
		}
		for line := range strings.SplitSeq(strings.TrimSpace(f.body), "\n") {
			examples[name]++
			if err := decodeFrame(name, []byte(line)); err != nil {
				t.Errorf("example of %s: %v\n%s", name, err, line)
			}
		}
	}
	for name, fields := range parsePackage(t, "chatgw/frame").structs {
		if fields[0] == "t" && examples[name] == 0 && name != "Unknown" {
			t.Errorf("%s has no example", name)
		}
	}
}

func decodeFrame(name string, data []byte) error {
	v, err := frame.DecodeClient(data)
	if err == nil && reflect.TypeOf(v).Elem().Name() == name {
		return nil
	}
	g, gerr := frame.DecodeGateway(data)
	if gerr != nil || reflect.TypeOf(g).Elem().Name() != name {
		return fmt.Errorf("it is read as %T (%w), and as a client's: %w", g, gerr, err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(reflect.New(reflect.TypeOf(g).Elem()).Interface())
}

// The close codes are those of the code, with the same rules for reconnecting.
func TestCloseCodes(t *testing.T) {
	listed := map[string][]string{}
	for _, r := range rows(section(t, read(t, protocol), "Closing")) {
		code, err := strconv.Atoi(r[0])
		if err != nil {
			t.Fatal(err)
		}
		if again := yesNo(frame.Reconnect(code)); r[2] != again {
			t.Errorf("after %d a client comes back: %s, listed is %s", code, again, r[2])
		}
		listed[r[0]] = r
	}
	for name, code := range ints(t, "chatgw/frame/closecode.go") {
		if r := listed[code]; r == nil || quoted(r[1]) != name {
			t.Errorf("%s (%s) is listed as %q", name, code, r)
		}
	}
}

// ints are the constants of a file that are whole numbers.
func ints(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.ValueSpec); ok && len(s.Values) == 1 {
			if v, ok := s.Values[0].(*ast.BasicLit); ok && v.Kind == token.INT {
				found[s.Names[0].Name] = v.Value
			}
		}
		return true
	})
	return found
}

// The codes of error frames are codes of package wire or of package frame.
func TestFrameErrorCodes(t *testing.T) {
	own := []wire.Code{frame.CodeForbidden, frame.CodeRate}
	var listed []wire.Code
	for _, r := range rows(section(t, read(t, protocol), "error frame")) {
		if len(r) != 2 {
			continue
		}
		code := wire.Code(quoted(r[0]))
		if !code.Valid() && !slices.Contains(own, code) {
			t.Errorf("the code %q does not exist", code)
		}
		listed = append(listed, code)
	}
	for _, code := range own {
		if !slices.Contains(listed, code) {
			t.Errorf("the code %q is not listed", code)
		}
	}
}

// The documented sizes are those of the code.
func TestFrameLimits(t *testing.T) {
	text := read(t, protocol)
	for heading, want := range map[string][]string{
		"Frames":          {thousands(frame.MaxFrame) + " bytes"},
		"hello frame":     {thousands(frame.MaxToken) + " bytes"},
		"joined frame":    {thousands(frame.MaxPeople)},
		"page frame":      {thousands(frame.MaxPage)},
		"history frame":   {"0 to " + thousands(frame.MaxPage), strconv.Itoa(frame.DefaultPage)},
		"send frame":      {thousands(chatwire.MaxText) + " bytes", strconv.Itoa(chatwire.MaxCID) + " bytes"},
		"extension frame": {"1 to " + strconv.Itoa(frame.MaxExtensionName) + " bytes", thousands(frame.MaxBody) + " bytes"},
	} {
		for _, w := range want {
			if !strings.Contains(section(t, text, heading), w) {
				t.Errorf("%s does not contain %q", heading, w)
			}
		}
	}
	if !strings.Contains(text, "`"+frame.Subprotocol+"`") {
		t.Errorf("the subprotocol %s is not mentioned", frame.Subprotocol)
	}
}

// The claims of a token that are the chat's own are listed.
func TestTokenClaims(t *testing.T) {
	listed := map[string]bool{}
	for _, r := range rows(section(t, read(t, protocol), "Tokens")) {
		listed[quoted(r[0])] = true
	}
	own := parseFile(t, "chatgw/identity.go").structs["claims"]
	if len(own) == 0 {
		t.Error("chatgw/identity.go has no claims")
	}
	for _, name := range append(own, "sub", "exp", "nbf", "iss") {
		if !listed[name] {
			t.Errorf("the claim %s is not listed", name)
		}
	}
}
