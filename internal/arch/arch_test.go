package arch

import (
	"cmp"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestModule holds every file of the module to every rule.
func TestModule(t *testing.T) {
	files, err := Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("found %d files, which cannot be the whole module", len(files))
	}
	for _, f := range Check(files) {
		t.Error(f)
	}
}

// TestBroken shows that every rule can fail: the tree in testdata/broken must
// give exactly the findings that its "// want <rule>" comments announce.
func TestBroken(t *testing.T) {
	files, err := Load(os.DirFS("testdata/broken"))
	if err != nil {
		t.Fatal(err)
	}
	type at struct {
		path string
		line int
		rule string
	}
	var want, got []at
	comment := regexp.MustCompile(`^// want ([a-z ]+)$`)
	for _, f := range files {
		for _, g := range f.AST.Comments {
			m := comment.FindStringSubmatch(g.List[0].Text)
			if m == nil {
				continue
			}
			for rule := range strings.FieldsSeq(m[1]) {
				want = append(want, at{f.Path, f.set.Position(g.Pos()).Line, rule})
			}
		}
	}
	rules := map[string]bool{}
	for _, f := range Check(files) {
		got = append(got, at{f.Path, f.Line, f.Rule})
		rules[f.Rule] = true
	}
	order := func(a, b at) int {
		return cmp.Or(strings.Compare(a.path, b.path), cmp.Compare(a.line, b.line), strings.Compare(a.rule, b.rule))
	}
	slices.SortFunc(want, order)
	slices.SortFunc(got, order)
	if !slices.Equal(want, got) {
		t.Errorf("findings differ\nwant %v\ngot  %v", want, got)
	}
	if len(rules) != 8 {
		t.Errorf("testdata/broken breaks %d of the 8 rules: %v", len(rules), rules)
	}
}

// TestServerNotLinked lists with the go command what users of the SDK and of the
// clients really link, other modules included.
func TestServerNotLinked(t *testing.T) {
	var libraries []string
	files, err := Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if l := layerOf(f.Dir); !f.tests() && l != layerTop && l != layerBroker {
			libraries = append(libraries, Module+"/"+f.Dir)
		}
	}
	slices.Sort(libraries)
	libraries = slices.Compact(libraries)
	cmd := exec.Command("go", append([]string{"list", "-deps"}, libraries...)...)
	cmd.Dir = "../.."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(dep, serverModule) || dep == Module+"/broker" {
			t.Errorf("a package outside cmd links %s", dep)
		}
	}
}
