package page

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHeaders(t *testing.T) {
	h := Handler(Config{})
	w := get(t, h, "GET", "/")
	if w.Code != http.StatusOK {
		t.Fatalf("GET / is %d", w.Code)
	}
	for name, want := range map[string]string{
		"Content-Type":           "text/html; charset=utf-8",
		"Cache-Control":          "no-cache",
		"X-Content-Type-Options": "nosniff",
		"Referrer-Policy":        "no-referrer",
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
			"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
			"require-trusted-types-for 'script'; trusted-types 'none'",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if strings.Contains(w.Body.String(), "{{") {
		t.Error("the page has a placeholder that was not filled in")
	}
	tag := w.Header().Get("ETag")
	if again := get(t, h, "GET", "/", "If-None-Match", tag); tag == "" || again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("with the tag %s the page is sent again: %d", tag, again.Code)
	}
	if w := get(t, h, "HEAD", "/"); w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("HEAD / is %d with %d bytes", w.Code, w.Body.Len())
	}
	if w := get(t, h, "POST", "/"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST / is %d, allowed %q", w.Code, w.Header().Get("Allow"))
	}
	for _, missing := range []string{"/index.html", "/assets/", "/assets/0000000000000000/main.js", "/main.js", "/../handler.go"} {
		w := get(t, h, "GET", missing)
		if w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("GET %s is %d, %q", missing, w.Code, w.Header().Get("Cache-Control"))
		}
	}
}

// TestAssets follows every reference of the page and of its modules.
func TestAssets(t *testing.T) {
	h := Handler(Config{})
	page := get(t, h, "GET", "/").Body.String()
	links := regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`).FindAllStringSubmatch(page, -1)
	imports := regexp.MustCompile(`(?m)^(?:import|export) [^;]*?from "([^"]+)";`)
	seen := map[string]bool{}
	var follow func(target string)
	follow = func(target string) {
		if seen[target] {
			return
		}
		seen[target] = true
		w := get(t, h, "GET", target)
		if w.Code != http.StatusOK {
			t.Errorf("GET %s is %d", target, w.Code)
			return
		}
		if got := w.Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("GET %s: Cache-Control is %q", target, got)
		}
		if kind, _ := kindOf(target); w.Header().Get("Content-Type") != kind {
			t.Errorf("GET %s: Content-Type is %q", target, w.Header().Get("Content-Type"))
		}
		for _, m := range imports.FindAllStringSubmatch(w.Body.String(), -1) {
			follow(path.Join(path.Dir(target), m[1]))
		}
	}
	for _, l := range links {
		follow(l[1])
	}
	// Nothing is shipped that nothing uses.
	p := h.(*handler)
	for name := range p.assets {
		if !seen["/"+name] {
			t.Errorf("%s is in the binary and not in the page", name)
		}
	}
	if len(seen) < 30 {
		t.Errorf("found %d files, which cannot be all", len(seen))
	}
}

func TestSocketElsewhere(t *testing.T) {
	w := get(t, Handler(Config{Socket: "wss://chat.example.org/ws"}), "GET", "/")
	if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "connect-src 'self' wss://chat.example.org;") {
		t.Errorf("the policy does not allow the socket: %s", csp)
	}
	if !strings.Contains(w.Body.String(), `content="wss://chat.example.org/ws"`) {
		t.Error("the page does not name the socket")
	}
}

// TestUpgrade: a change of any file changes the path of all of them.
func TestUpgrade(t *testing.T) {
	tree := func(content string) fs.FS {
		return fstest.MapFS{
			"index.html": {Data: []byte(`<script src="{{assets}}main.js">`)},
			"main.js":    {Data: []byte(`import "./b.js"`)},
			"b.js":       {Data: []byte(content)},
		}
	}
	load := func(content string) (*handler, string) {
		p, err := newHandler(Config{}, tree(content))
		if err != nil {
			t.Fatal(err)
		}
		return p, regexp.MustCompile(`/assets/[0-9a-f]+/main.js`).FindString(get(t, p, "GET", "/").Body.String())
	}
	before, first := load("1")
	after, second := load("2")
	_, same := load("1")
	if first == "" || first == second || first != same {
		t.Fatalf("paths are %q, after a change %q, and again %q", first, second, same)
	}
	if get(t, before, "GET", "/").Header().Get("ETag") == get(t, after, "GET", "/").Header().Get("ETag") {
		t.Error("the page's tag is the same after an upgrade")
	}
	if w := get(t, after, "GET", first); w.Code != http.StatusNotFound {
		t.Errorf("a file of the release before is %d", w.Code)
	}
	if _, err := newHandler(Config{}, fstest.MapFS{"index.html": {}, "x.wasm": {}}); err == nil {
		t.Error("a file of an unknown type was taken")
	}
	if _, err := newHandler(Config{}, fstest.MapFS{"main.js": {}}); err == nil {
		t.Error("a tree without index.html was taken")
	}
}

// TestSources holds the page's own files to what its policy is about: no string
// becomes markup, style or code, and nothing comes from another host.
func TestSources(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|createContextualFragment|DOMParser|"style"|javascript:|\bimport\(`)
	foreign := regexp.MustCompile(`(https?:)?//[a-z0-9.-]+\.[a-z]{2,}`)
	err := fs.WalkDir(embedded, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(embedded, name)
		if err != nil {
			return err
		}
		source := strings.ReplaceAll(string(b), "http://www.w3.org/2000/svg", "")
		if found := forbidden.FindString(source); found != "" {
			t.Errorf("%s has %s", name, found)
		}
		if found := foreign.FindString(source); found != "" {
			t.Errorf("%s names another host: %s", name, found)
		}
		if lines := strings.Count(source, "\n"); lines > 400 {
			t.Errorf("%s has %d lines, 400 are the most", name, lines)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	index, err := fs.ReadFile(embedded, "static/index.html")
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`<style|<script>|\son[a-z]+=|style=`).Find(index); found != nil {
		t.Errorf("index.html has %s inline", found)
	}
}
