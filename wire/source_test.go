package wire_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"parley/wire"
)

// parse reads a source file of the package.
func parse(t *testing.T, name string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// messageFiles are the sources that may hold messages.
func messageFiles(t *testing.T) (files []string) {
	t.Helper()
	for _, pattern := range []string{"*wire/*.go", "../participants/food/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(found), err)
		}
		files = append(files, found...)
	}
	return files
}

// Every message type has a sample. Message types are those with a method Form.
func TestEverySample(t *testing.T) {
	sampled := map[string]bool{}
	for _, s := range samples() {
		sampled[reflect.TypeOf(s.value).String()] = true
	}
	found := 0
	for _, name := range messageFiles(t) {
		file := parse(t, name)
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name != "Form" || f.Recv == nil {
				continue
			}
			found++
			typ := file.Name.Name + "." + f.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
			if !sampled[typ] {
				t.Errorf("%s: the message %s has no sample", name, typ)
			}
		}
	}
	if found != len(sampled) {
		t.Errorf("found %d message types in the sources and %d in the samples", found, len(sampled))
	}
}

// definite lists which codes are definite for a submission, in one place: clients
// stop repeating on a definite one.
var definite = map[wire.Code]bool{
	wire.CodeInvalid:       true,
	wire.CodeTooLarge:      true,
	wire.CodeVersion:       true,
	wire.CodeConflict:      true,
	wire.CodeRefused:       true,
	wire.CodeNoParticipant: true,
	wire.CodeTimeout:       true,
	wire.CodeTwoJournals:   true,
	wire.CodeClosed:        true,

	wire.CodeBusy:        false,
	wire.CodeUnavailable: false,
	wire.CodeContended:   false,
	wire.CodeDuplicate:   false,
	wire.CodeFenced:      false,
	wire.CodeUndecided:   false,
	wire.CodeLate:        false,
	wire.CodeAborted:     false,
	wire.CodeForgotten:   false,
	wire.CodeViolation:   false,
	wire.CodeNotFound:    false,
	wire.CodeInternal:    false,
}

// A new code cannot be forgotten: it is read from the source. (A constant that
// is added to code.go and nowhere else fails here twice.)
func TestCodes(t *testing.T) {
	found := map[wire.Code]bool{}
	for _, d := range parse(t, "code.go").Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			spec := s.(*ast.ValueSpec)
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil || !strings.HasPrefix(spec.Names[0].Name, "Code") {
				t.Fatalf("%s is not a code: %v", spec.Names[0].Name, err)
			}
			code := wire.Code(text)
			if found[code] {
				t.Errorf("two codes are called %q", code)
			}
			found[code] = true
			want, listed := definite[code]
			if !listed {
				t.Errorf("%s: is %q definite? add it to this test's table and in Code.Definite", spec.Names[0].Name, code)
			}
			if code.Definite() != want {
				t.Errorf("%q is definite: %v, want %v", code, code.Definite(), want)
			}
			if !code.Valid() {
				t.Errorf("%q is not valid", code)
			}
		}
	}
	if len(found) != len(definite) {
		t.Errorf("the source has %d codes, the table %d", len(found), len(definite))
	}
	if !wire.Code("").Valid() || wire.Code("").Definite() {
		t.Error("no code at all must be valid and not definite")
	}
	if wire.Code("nonsense").Valid() || wire.Code("nonsense").Definite() {
		t.Error("an unknown code is taken for one")
	}
}
