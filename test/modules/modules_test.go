package modules

import (
	_ "embed"
	"encoding/json"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
	"modernc.org/quickjs"
)

//go:embed engine.js
var environment string

// tests is where the tests are; static is where the page's modules are, which
// they import from /static.
const (
	tests  = "../../page/testdata"
	static = "../../page/static"
)

// TestModules runs every function that a file of tests exports, but those in
// files named *.dom.test.js, which need a document.
func TestModules(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(tests, "*.test.js"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in %s: %v", tests, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".dom.test.js") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			failures := run(t, bundle(t, file))
			if len(failures) == 0 {
				t.Error("it exports no test")
			}
			for name, failure := range failures {
				t.Run(name, func(t *testing.T) {
					if failure != "" {
						t.Error(failure)
					}
				})
			}
		})
	}
}

// bundle is a file and all that it imports as one script that sets the global
// variable exported.
func bundle(t *testing.T, file string) string {
	t.Helper()
	root, err := filepath.Abs(static)
	if err != nil {
		t.Fatal(err)
	}
	b := api.Build(api.BuildOptions{
		EntryPoints: []string{file},
		Bundle:      true,
		Format:      api.FormatIIFE,
		GlobalName:  "exported",
		Plugins: []api.Plugin{{Name: "static", Setup: func(build api.PluginBuild) {
			build.OnResolve(api.OnResolveOptions{Filter: "^/static/"}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
				return api.OnResolveResult{Path: filepath.Join(root, strings.TrimPrefix(a.Path, "/static/"))}, nil
			})
		}}},
	})
	for _, e := range b.Errors {
		t.Errorf("%+v: %s", e.Location, e.Text)
	}
	if len(b.OutputFiles) != 1 {
		t.Fatalf("%s is bundled into %d files", file, len(b.OutputFiles))
	}
	return string(b.OutputFiles[0].Contents)
}

// run runs a bundle's exported functions and returns what each failed with, ""
// if it did not.
func run(t *testing.T, script string) (failures map[string]string) {
	t.Helper()
	vm, err := quickjs.NewVM()
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	for name, f := range map[string]any{"parseURL": parseURL, "utf8Length": func(text string) int { return len(text) }} {
		if err := vm.RegisterFunc(name, f, false); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []string{environment, script} {
		if _, err := vm.Eval(s, quickjs.EvalGlobal); err != nil {
			t.Fatal(err)
		}
	}
	out, err := vm.Eval(`(() => {
		const out = {};
		for (const [name, test] of Object.entries(exported)) {
			try { test(); out[name] = ""; } catch (e) { out[name] = `+"`${e}\\n${e.stack}`"+`; }
		}
		return JSON.stringify(out);
	})()`, quickjs.EvalGlobal)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out.(string)), &failures); err != nil {
		t.Fatal(err)
	}
	return failures
}

// parseURL is what the modules use of the browser's URL, as JSON.
func parseURL(text string) string {
	parts := map[string]string{}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		parts["error"] = err.Error()
	case u.Host == "":
		parts["error"] = "no host"
	default:
		u.Host = strings.ToLower(u.Host)
		path := u.EscapedPath()
		if path == "" {
			path, u.Path = "/", "/"
		}
		parts["protocol"], parts["hostname"], parts["host"] = u.Scheme+":", u.Hostname(), u.Host
		parts["username"], parts["pathname"], parts["href"] = u.User.Username(), path, u.String()
		parts["password"], _ = u.User.Password()
	}
	raw, _ := json.Marshal(parts) // strings always marshal
	return string(raw)
}
