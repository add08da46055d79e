package blog

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"parley/internal/loopback"
	"parley/wire"
	"parley/wire/blogwire"
)

// Paths of the HTTP requests.
const (
	pathAll   = "/api/blog/"
	pathPosts = "/api/blog/posts"
	pathPost  = "/api/blog/posts/{id}"
	pathUser  = "/api/blog/users/{user}/posts"
)

// Handler serves everything below /api/blog/, also next to other handlers of one
// server; that server bounds the time of reading and writing. While the blog
// does not run the answer is 503.
func (b *Blog) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+pathPosts, b.httpPost)
	mux.HandleFunc("GET "+pathPosts, b.httpTimeline)
	mux.HandleFunc("GET "+pathPost, b.httpRead)
	mux.HandleFunc("GET "+pathUser, b.httpTimeline)
	for path, methods := range map[string]string{pathPosts: "GET, HEAD, POST", pathPost: "GET, HEAD", pathUser: "GET, HEAD"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", methods)
			refuse(w, http.StatusMethodNotAllowed, wire.Invalidf("the method is %.20q, allowed here are %s", r.Method, methods))
		})
	}
	mux.HandleFunc(pathAll, func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, &wire.Error{Code: wire.CodeNotFound, Text: fmt.Sprintf("nothing is served at %.200q", r.URL.Path)})
	})
	// A page of another site must not post through its visitor's browser.
	foreign := http.NewCrossOriginProtection()
	foreign.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusForbidden, wire.Invalidf("the request comes from a page of another site (%.100q)", r.Header.Get("Origin")))
	}))
	return b.knownHost(foreign.Handler(mux))
}

// knownHost refuses browsers that use a host name which is not this machine's, and not
// one of the blog's: the blog authenticates nobody, so a page whose name resolves to this
// machine could read everything, and post as anybody.
func (b *Blog) knownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		known := loopback.Host(host) || slices.ContainsFunc(b.cfg.Hosts, func(h string) bool { return strings.EqualFold(h, host) })
		if loopback.Browser(r) && !known && (loopback.Rebound(r) || len(b.cfg.Hosts) > 0) {
			refuse(w, http.StatusForbidden, wire.Invalidf("the host %.100q is not this machine, and not one that the blog was configured with", host))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (b *Blog) httpPost(w http.ResponseWriter, r *http.Request) {
	if t, p, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" ||
		p["charset"] != "" && !strings.EqualFold(p["charset"], "utf-8") {
		refuse(w, http.StatusUnsupportedMediaType, wire.Invalidf("the Content-Type is %.80q, it must be application/json in UTF-8", r.Header.Get("Content-Type")))
		return
	}
	m, err := body[blogwire.NewPost](w, r)
	if err == nil && r.URL.RawQuery != "" {
		err = wire.Invalidf("a post takes no parameters, and the query is %.80q", r.URL.RawQuery)
	}
	b.serveHTTP(w, err, func() (blogwire.Posts, error) {
		a, made, err := b.post(r.Context(), m)
		if err == nil && made {
			w.Header().Set("Location", pathPosts+"/"+a.Posts[0].ID.String())
		}
		return a, err
	})
}

func (b *Blog) httpRead(w http.ResponseWriter, r *http.Request) {
	m, err := parameters[blogwire.ReadPost](r, "id", "user")
	b.serveHTTP(w, err, func() (blogwire.Posts, error) { return b.read(r.Context(), m) })
}

// httpTimeline serves a user's posts, or everybody's where the path names none.
func (b *Blog) httpTimeline(w http.ResponseWriter, r *http.Request) {
	m, err := parameters[blogwire.PageRequest](r, "user", "before", "limit")
	b.serveHTTP(w, err, func() (blogwire.Posts, error) { return b.timeline(r.Context(), m) })
}

// serveHTTP answers inside the gate, unless the request is wrong. What answer gives a
// location is created.
func (b *Blog) serveHTTP(w http.ResponseWriter, wrong error, answer func() (blogwire.Posts, error)) {
	if wrong == nil {
		wrong = b.gate.enter()
	}
	if wrong != nil {
		refuse(w, 0, wrong)
		return
	}
	defer b.gate.leave()
	a, err := answer()
	switch {
	case err != nil:
		refuse(w, 0, err)
	case w.Header().Get("Location") != "":
		write(w, http.StatusCreated, a)
	default:
		write(w, http.StatusOK, a)
	}
}

// body reads the message in a request's body.
func body[T any, M wire.Message[T]](w http.ResponseWriter, r *http.Request) (m T, err error) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, wire.MaxMessage))
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return m, &wire.Error{Code: wire.CodeTooLarge, Text: fmt.Sprintf("the body has more than %d bytes, which is the limit", wire.MaxMessage)}
	}
	if err != nil {
		return m, wire.Invalidf("the body cannot be read: %v", err)
	}
	return wire.Decode[T, M](data)
}

// parameters reads a message whose fields are a part of the path, which may be empty, and
// parameters of the query. One that is misspelled is refused: a page without its before
// would be the first one again, for ever.
func parameters[T any, M wire.Message[T]](r *http.Request, part string, allowed ...string) (m T, err error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return m, wire.Invalidf("the query cannot be read: %v", err)
	}
	fields := map[string]any{"v": wire.Version, part: r.PathValue(part)}
	for name, values := range q {
		switch n, notANumber := strconv.Atoi(values[0]); {
		case !slices.Contains(allowed, name):
			return m, wire.Invalidf("the query has the unknown parameter %.40q, allowed are %q", name, allowed)
		case len(values) > 1 || values[0] == "":
			return m, wire.Invalidf("the query has the parameter %.40q %d times, the first is %.40q: give it once, or leave it out", name, len(values), values[0])
		case name == "limit" && values[0] == "0":
			return m, wire.Invalidf("limit is 0, allowed is 1 to %d", blogwire.MaxPage)
		case name == "limit" && notANumber == nil:
			fields[name] = n
		default:
			fields[name] = values[0]
		}
	}
	data, err := json.Marshal(fields)
	if err != nil {
		return m, err
	}
	return wire.Decode[T, M](data)
}

// statuses are the HTTP statuses of refusals; that of any other code is 500.
var statuses = map[wire.Code]int{
	wire.CodeInvalid: http.StatusBadRequest, wire.CodeVersion: http.StatusBadRequest, wire.CodeTooLarge: http.StatusRequestEntityTooLarge,
	wire.CodeNotFound: http.StatusNotFound, wire.CodeConflict: http.StatusConflict,
	wire.CodeBusy: http.StatusServiceUnavailable, wire.CodeUnavailable: http.StatusServiceUnavailable, wire.CodeUndecided: http.StatusGatewayTimeout,
}

// refuse answers with an error. A status of 0 is that of its code.
func refuse(w http.ResponseWriter, status int, err error) {
	a := refusal(err)
	write(w, cmp.Or(status, statuses[a.Code], http.StatusInternalServerError), a)
}

func write(w http.ResponseWriter, status int, a blogwire.Posts) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(json.RawMessage(wire.Encode(a)), '\n')) // a client that has left gets none
}
