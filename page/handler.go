package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed static
var embedded embed.FS

// Config is what the page needs to know about its surroundings.
type Config struct {
	// Socket is the address of the gateway's WebSocket as the page sees it,
	// with or without a host. Without: the page's own. Default "/ws".
	Socket string
}

// policy is the page's Content-Security-Policy. connect-src 'self' covers
// WebSockets to the page's own host.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'%s; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// handler serves the page: its files are fixed when it is made.
type handler struct {
	index  file
	assets map[string]file // by path without the leading slash
	policy string
}

// Handler serves the page at "/" and its files below "/assets/". Mount it at
// the root of a host.
func Handler(cfg Config) http.Handler {
	static, err := fs.Sub(embedded, "static")
	if err != nil {
		panic(err) // the directory is part of the program
	}
	p, err := newHandler(cfg, static)
	if err != nil {
		panic(err)
	}
	return p
}

func newHandler(cfg Config, static fs.FS) (*handler, error) {
	if cfg.Socket == "" {
		cfg.Socket = "/ws"
	}
	names, contents, err := read(static)
	if err != nil {
		return nil, fmt.Errorf("reading the page's files: %w", err)
	}
	base := "assets/" + hashOf(names, contents) + "/"
	p := &handler{assets: map[string]file{}, policy: fmt.Sprintf(policy, origin(cfg.Socket))}
	var preload strings.Builder
	for _, name := range names {
		if name == "index.html" {
			continue
		}
		f, err := newFile(name, contents[name])
		if err != nil {
			return nil, err
		}
		p.assets[base+name] = f
		if strings.HasSuffix(name, ".js") {
			// All modules together, instead of one round trip for each
			// level of imports.
			fmt.Fprintf(&preload, "<link rel=\"modulepreload\" href=\"/%s\">\n  ", base+name)
		}
	}
	index := strings.NewReplacer(
		"{{assets}}", "/"+base,
		"{{socket}}", html.EscapeString(cfg.Socket),
		"{{preload}}", strings.TrimSpace(preload.String()),
	).Replace(string(contents["index.html"]))
	p.index, err = newFile("index.html", []byte(index))
	return p, err
}

func (p *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", p.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "the page is read with GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == "" {
		// Revalidated each time: it names the files of this release.
		h.Set("Cache-Control", "no-cache")
		p.index.serve(w, r)
		return
	}
	f, ok := p.assets[name]
	if !ok {
		// A file of another release may be asked for in the middle of an
		// upgrade; that it is missing must not be remembered.
		h.Set("Cache-Control", "no-store")
		http.Error(w, "there is no such file in this release", http.StatusNotFound)
		return
	}
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	f.serve(w, r)
}

// origin is what connect-src must allow in addition to the page's own host.
func origin(socket string) string {
	for _, scheme := range []string{"ws://", "wss://"} {
		if rest, ok := strings.CutPrefix(socket, scheme); ok {
			host, _, _ := strings.Cut(rest, "/")
			return " " + scheme + host
		}
	}
	return ""
}

// read gives every file of the tree, with the names in a fixed order.
func read(static fs.FS) (names []string, contents map[string][]byte, err error) {
	contents = map[string][]byte{}
	err = fs.WalkDir(static, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		names = append(names, name) // WalkDir goes in lexical order
		contents[name], err = fs.ReadFile(static, name)
		return err
	})
	if err == nil && contents["index.html"] == nil {
		err = fmt.Errorf("index.html is missing")
	}
	return names, contents, err
}

// hashOf names a release of the files: a change of any changes it.
func hashOf(names []string, contents map[string][]byte) string {
	h := sha256.New()
	for _, name := range names {
		fmt.Fprintf(h, "%s %d\n", name, len(contents[name]))
		_, _ = bytes.NewReader(contents[name]).WriteTo(h) // a hash does not fail
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
