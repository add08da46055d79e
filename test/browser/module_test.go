package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"parley/chatgw/frame"
	"parley/test/browser/webtest"
)

// serveModules serves the page's modules and the tests in page/testdata, each of
// whose exported functions is a test.
func serveModules(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	mux.Handle("/static/", http.StripPrefix("/static/", http.FileServer(http.Dir("../../page/static"))))
	mux.Handle("/tests/", http.StripPrefix("/tests/", http.FileServer(http.Dir("../../page/testdata"))))
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>tests</title><link rel=icon href=data:,>")) // the test fails if it is not read
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// TestModules runs what is tested without a gateway, in the browser that it is
// written for.
func TestModules(t *testing.T) {
	s := serveModules(t)
	p := chromium.Open(t, s.URL, webtest.Desktop())
	files, err := filepath.Glob("../../page/testdata/*.test.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in page/testdata: %v", err)
	}
	for _, file := range files {
		results := webtest.Eval[map[string]string](p, fmt.Sprintf(`import("/tests/%s").then((m) => {
			const out = {};
			for (const [name, test] of Object.entries(m)) {
				try { test(); out[name] = ""; } catch (e) { out[name] = e.message; }
			}
			return out;
		})`, filepath.Base(file)))
		for name, failure := range results {
			t.Run(filepath.Base(file)+"/"+name, func(t *testing.T) {
				if failure != "" {
					t.Error(failure)
				}
			})
		}
	}
}

// TestCloseCodes: the page and the gateway agree on when to reconnect.
func TestCloseCodes(t *testing.T) {
	s := serveModules(t)
	p := chromium.Open(t, s.URL, webtest.Desktop())
	var codes []int
	for code := 1000; code <= 1015; code++ {
		codes = append(codes, code)
	}
	for code := 3999; code <= 4600; code++ {
		codes = append(codes, code)
	}
	page := webtest.Eval[[]bool](p, fmt.Sprintf(`import("/static/net/frames.js").then((m) => %s.map(m.reconnect))`, jsonOf(t, codes)))
	for i, code := range codes {
		if page[i] != frame.Reconnect(code) {
			t.Errorf("after %d the page reconnects: %v, package frame has %v", code, page[i], frame.Reconnect(code))
		}
	}
	if got := webtest.Eval[string](p, `import("/static/net/frames.js").then((m) => m.subprotocol)`); got != frame.Subprotocol {
		t.Errorf("the page speaks %s, package frame %s", got, frame.Subprotocol)
	}
}
