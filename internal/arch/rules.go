package arch

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Check returns everything in files that breaks a rule.
func Check(files []*File) []Finding {
	var out []Finding
	for _, f := range files {
		out = append(out, initFunc(f)...)
		if f.tests() {
			continue
		}
		for _, rule := range []func(*File) []Finding{direction, roleToRole, wireAlone, purity, serverLinked, processOwned, subjectLiteral} {
			out = append(out, rule(f)...)
		}
	}
	return out
}

// direction: imports point down, see [layer].
func direction(f *File) (out []Finding) {
	from := layerOf(f.Dir)
	f.imports(func(at token.Pos, p string) {
		dir, ok := local(p)
		if !ok || ofCommand(f.Dir) {
			return
		}
		to := layerOf(dir)
		if to > from || (to == layerBroker && from != layerBroker) {
			out = append(out, f.finding(at, "direction", "%s (%v) imports %s (%v)", f.Dir, from, dir, to))
		}
	})
	return out
}

// roleToRole: roles meet on NATS subjects only.
func roleToRole(f *File) (out []Finding) {
	from := roleOf(f.Dir)
	if from == "" || layerOf(f.Dir) != layerRole {
		return nil
	}
	f.imports(func(at token.Pos, p string) {
		if dir, ok := local(p); ok && layerOf(dir) == layerRole && roleOf(dir) != from {
			out = append(out, f.finding(at, "role", "the role %s imports the role %s", from, dir))
		}
	})
	return out
}

// wireAlone: wire depends on the standard library only, and a domain's package also on
// wire and other domains. All processes of a domain import its package, so it must
// depend on nothing else.
func wireAlone(f *File) (out []Finding) {
	if layerOf(f.Dir) != layerWire {
		return nil
	}
	f.imports(func(at token.Pos, p string) {
		dir, ok := local(p)
		if ok && f.Dir != "wire" && layerOf(dir) == layerWire || standard(p) {
			return
		}
		out = append(out, f.finding(at, "wire", "%s imports %s, it may import the standard library alone", f.Dir, p))
	})
	return out
}

// impure are the standard packages that a pure package may not use.
var impure = regexp.MustCompile(`^(time|context|sync|math/rand|crypto/rand|net|os|database|log|io|runtime|syscall|unsafe)(/|$)`)

// clock lists the functions of package time that read or wait for a clock.
var clock = regexp.MustCompile(`^(Now|Since|Until|After|AfterFunc|Sleep|Tick|NewTimer|NewTicker)$`)

// purity: a machine is a function of its events, so that every interleaving of
// them can be explored and replayed.
func purity(f *File) (out []Finding) {
	if !pure(f.Dir) {
		return nil
	}
	f.imports(func(at token.Pos, p string) {
		if dir, ok := local(p); ok && layerOf(dir) == layerWire || standard(p) && !impure.MatchString(p) {
			return
		}
		if shared(f.Dir) && slices.Contains([]string{"sync/atomic", "time", "database/sql/driver"}, p) {
			return
		}
		out = append(out, f.finding(at, "pure", "%s is pure and imports %s", f.Dir, p))
	})
	ast.Inspect(f.AST, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt, *ast.SelectStmt, *ast.ChanType:
			out = append(out, f.finding(n.Pos(), "pure", "%s is pure and has a goroutine or a channel", f.Dir))
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && clock.MatchString(n.Sel.Name) {
				out = append(out, f.finding(n.Pos(), "pure", "%s is pure and uses time.%s", f.Dir, n.Sel.Name))
			}
		}
		return true
	})
	return out
}

const serverModule = "github.com/nats-io/nats-server"

// serverLinked: only the broker links nats-server.
func serverLinked(f *File) (out []Finding) {
	if within(f.Dir, "broker") {
		return nil
	}
	f.imports(func(at token.Pos, p string) {
		if strings.HasPrefix(p, serverModule) {
			out = append(out, f.finding(at, "server", "%s imports %s, which only broker may", f.Dir, p))
		}
	})
	return out
}

// processOwned: only the program reads flags and the environment, and only it exits.
func processOwned(f *File) (out []Finding) {
	if ofCommand(f.Dir) {
		return nil
	}
	f.imports(func(at token.Pos, p string) {
		if p == "flag" {
			out = append(out, f.finding(at, "process", "%s reads flags, which only cmd may", f.Dir))
		}
	})
	owned := map[string][]string{
		"os":  {"Exit", "Getenv", "LookupEnv", "Environ", "ExpandEnv", "Args"},
		"log": {"Fatal", "Fatalf", "Fatalln"},
	}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := sel.X.(*ast.Ident); ok && slices.Contains(owned[pkg.Name], sel.Sel.Name) {
			out = append(out, f.finding(n.Pos(), "process", "%s uses %s.%s, which only cmd may", f.Dir, pkg.Name, sel.Sel.Name))
		}
		return true
	})
	return out
}

// initFunc: nothing happens by importing a package.
func initFunc(f *File) (out []Finding) {
	for _, d := range f.AST.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			out = append(out, f.finding(fn.Pos(), "init", "%s has a func init", f.Dir))
		}
	}
	return out
}

// subject matches a whole string that reads like one of Parley's subjects.
var subject = regexp.MustCompile(`^(tx|id|chat|blog|participant|inventory|delivery)\.([a-z*>%][a-z0-9*>%.-]*)?$`)

// subjectLiteral: subjects are spelled in wire, once.
func subjectLiteral(f *File) (out []Finding) {
	if layerOf(f.Dir) == layerWire {
		return nil
	}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		s, err := strconv.Unquote(lit.Value)
		if err == nil && subject.MatchString(s) && !strings.HasSuffix(s, ".db") {
			out = append(out, f.finding(n.Pos(), "subject", "the subject %q is spelled outside wire", s))
		}
		return true
	})
	return out
}
