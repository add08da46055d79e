package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Module is the import path that the rules call their own.
const Module = "parley"

// File is one parsed Go file.
type File struct {
	// Path is slash-separated and relative to the module's root.
	Path string
	// Dir is the package's directory, "." for the root.
	Dir string
	// Test is a _test.go file.
	Test bool
	AST  *ast.File
	set  *token.FileSet
}

// Finding is one broken rule.
type Finding struct {
	Path string
	Line int
	// Rule is the short name of the rule, Text what is wrong.
	Rule, Text string
}

func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: %s (%s)", f.Path, f.Line, f.Text, f.Rule)
}

// Load parses every Go file under root, except for testdata and hidden folders
// and nested modules.
func Load(root fs.FS) ([]*File, error) {
	var files []*File
	set := token.NewFileSet()
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skip(root, p, d.Name())
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		src, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		tree, err := parser.ParseFile(set, p, src, parser.ParseComments)
		if err != nil {
			return fmt.Errorf("parsing %s: %w", p, err)
		}
		files = append(files, &File{Path: p, Dir: path.Dir(p), Test: strings.HasSuffix(p, "_test.go"), AST: tree, set: set})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the module's files: %w", err)
	}
	return files, nil
}

// skip returns [fs.SkipDir] for a folder that holds no code of this module.
func skip(root fs.FS, p, name string) error {
	if p == "." {
		return nil
	}
	if name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return fs.SkipDir
	}
	if _, err := fs.Stat(root, path.Join(p, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func (f *File) finding(at token.Pos, rule, format string, args ...any) Finding {
	return Finding{Path: f.Path, Line: f.set.Position(at).Line, Rule: rule, Text: fmt.Sprintf(format, args...)}
}

// imports calls fn for every import of the file.
func (f *File) imports(fn func(at token.Pos, importPath string)) {
	for _, i := range f.AST.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil {
			fn(i.Pos(), p)
		}
	}
}

// local is the directory in this module that an import path names.
func local(importPath string) (dir string, ok bool) {
	if importPath == Module {
		return ".", true
	}
	return strings.CutPrefix(importPath, Module+"/")
}

// standard reports whether the import path is of the standard library, whose
// first element has no dot.
func standard(importPath string) bool {
	_, own := local(importPath)
	first, _, _ := strings.Cut(importPath, "/")
	return !own && !strings.Contains(first, ".")
}

// within reports whether dir is one of roots or below it.
func within(dir string, roots ...string) bool {
	for _, r := range roots {
		if dir == r || strings.HasPrefix(dir, r+"/") {
			return true
		}
	}
	return false
}
