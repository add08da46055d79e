// Package docs_test holds the documents to the code: what they list must exist,
// and what exists must be listed.
package docs_test

import (
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the directory of the module.
const root = "../.."

// read returns a document by its path in the module.
func read(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// documents are the paths of all of them.
func documents(t testing.TB) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			rel, err := filepath.Rel(root, path)
			paths = append(paths, rel)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// section is the text under a heading of any level, up to the next heading.
func section(t testing.TB, text, heading string) string {
	t.Helper()
	at := regexp.MustCompile(`(?m)^#+ ` + regexp.QuoteMeta(heading) + `$`).FindStringIndex(text)
	if at == nil {
		t.Fatalf("there is no heading %q", heading)
	}
	text = text[at[1]:]
	if end := regexp.MustCompile(`(?m)^#+ `).FindStringIndex(text); end != nil {
		text = text[:end[0]]
	}
	return text
}

// fence is a fenced block of a document.
type fence struct{ info, body string }

func fences(text string) (found []fence) {
	for _, m := range regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		found = append(found, fence{info: m[1], body: m[2]})
	}
	return found
}

// rows are the cells of the tables in a text, without headings.
func rows(text string) (found [][]string) {
	heading := true
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case !strings.HasPrefix(line, "|"):
			heading = true
		case strings.HasPrefix(line, "|---"):
			heading = false
		case !heading:
			// An escaped bar is not between cells.
			line = strings.ReplaceAll(line, `\|`, "\x00")
			var cells []string
			for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
				cells = append(cells, strings.ReplaceAll(strings.TrimSpace(cell), "\x00", "|"))
			}
			found = append(found, cells)
		}
	}
	return found
}

// quoted is what stands in the first backquotes of a cell.
func quoted(cell string) string {
	if _, rest, ok := strings.Cut(cell, "`"); ok {
		name, _, _ := strings.Cut(rest, "`")
		return name
	}
	return ""
}

// source is what the tests know of a package without running it.
type source struct {
	// structs are the JSON fields of every struct type that has any.
	structs map[string][]string
	// messages are the types with a method Form.
	messages []string
	// consts are constants by name, as written; strings of it are unquoted.
	consts, strings map[string]string
	funcs           []string
}

// parsePackage reads the Go files of a directory of the module, less its tests.
func parsePackage(t testing.TB, dir string) *source {
	t.Helper()
	s := newSource()
	files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Go files in %s (%v)", dir, err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		s.file(t, path)
	}
	slices.Sort(s.messages)
	return s
}

// domains are the packages that define messages, and with what the page
// begins a name that another domain has, too.
var domains = map[string]string{
	"wire": "", "wire/txwire": "Transaction", "wire/idwire": "ID", "wire/chatwire": "Chat", "wire/blogwire": "Blog", "participants/food": "Food",
}

// title is what the page calls a type of a domain.
func title(text, dir, name string) string {
	if long := domains[dir] + name; strings.Contains(text, "# "+long+"\n") {
		return long
	}
	return name
}

// parseFile reads one Go file of the module.
func parseFile(t testing.TB, path string) *source {
	t.Helper()
	s := newSource()
	s.file(t, filepath.Join(root, path))
	return s
}

func newSource() *source {
	return &source{structs: map[string][]string{}, consts: map[string]string{}, strings: map[string]string{}}
}

func (s *source) file(t testing.TB, path string) {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		s.declaration(set, d)
	}
}

func (s *source) declaration(set *token.FileSet, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			s.funcs = append(s.funcs, d.Name.Name)
		} else if star, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok && d.Name.Name == "Form" {
			s.messages = append(s.messages, star.X.(*ast.Ident).Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				s.structure(spec)
			case *ast.ValueSpec:
				s.constants(set, d.Tok, spec)
			}
		}
	}
}

func (s *source) structure(spec *ast.TypeSpec) {
	st, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range st.Fields.List {
		if f.Tag == nil {
			continue
		}
		tag, _ := strconv.Unquote(f.Tag.Value)
		if m := regexp.MustCompile(`json:"([a-z_]+)`).FindStringSubmatch(tag); m != nil {
			s.structs[spec.Name.Name] = append(s.structs[spec.Name.Name], m[1])
		}
	}
}

func (s *source) constants(set *token.FileSet, tok token.Token, spec *ast.ValueSpec) {
	if tok != token.CONST {
		return
	}
	for i, name := range spec.Names {
		if i >= len(spec.Values) {
			continue
		}
		var b strings.Builder
		_ = printer.Fprint(&b, set, spec.Values[i]) // a Builder takes everything
		s.consts[name.Name] = b.String()
		if text, err := strconv.Unquote(b.String()); err == nil {
			s.strings[name.Name] = text
		}
	}
}
