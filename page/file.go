package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"time"
)

// file is one file as it is sent.
type file struct {
	name, kind, tag string
	content         []byte
}

// kindOf is the media type of a file by its name. The host's own table of types
// is not asked: on some it calls scripts plain text, which browsers refuse.
func kindOf(name string) (string, bool) {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8", true
	case ".js":
		return "text/javascript; charset=utf-8", true
	case ".css":
		return "text/css; charset=utf-8", true
	case ".svg":
		return "image/svg+xml", true
	}
	return "", false
}

func newFile(name string, content []byte) (file, error) {
	kind, ok := kindOf(name)
	if !ok {
		return file{}, fmt.Errorf("file %s of the page has a type that is not known: name it in kindOf", name)
	}
	sum := sha256.Sum256(content)
	return file{name: name, kind: kind, tag: `"` + hex.EncodeToString(sum[:12]) + `"`, content: content}, nil
}

// serve answers with the file, or with "not modified" to who has it.
func (f file) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("ETag", f.tag)
	http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(f.content))
}
