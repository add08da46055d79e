package blog

import (
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

	"parley/idworker/snowflake"
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

// Handler serves everything below /api/blog/, also beside other handlers of one
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
			refuse(w, http.StatusMethodNotAllowed, wire.CodeInvalid, fmt.Sprintf("the method is %.20q, allowed here are %s", r.Method, methods))
		})
	}
	mux.HandleFunc(pathAll, func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, wire.CodeNotFound, fmt.Sprintf("there is nothing at %.200q", r.URL.Path))
	})
	// A page of another site must not post through its visitor's browser.
	foreign := http.NewCrossOriginProtection()
	foreign.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusForbidden, wire.CodeInvalid, fmt.Sprintf("the request comes from a page of another site (%.100q)", r.Header.Get("Origin")))
	}))
	return b.atHome(foreign.Handler(mux))
}

// atHome refuses browsers that came to this machine under a name that is not its
// own, or one of the blog's: the blog asks nobody who they are, so a page whose
// name was made to point here could read everything, and post as anybody.
func (b *Blog) atHome(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		known := loopback.Host(host) || slices.ContainsFunc(b.cfg.Hosts, func(h string) bool { return strings.EqualFold(h, host) })
		if loopback.Browser(r) && !known && (loopback.Rebound(r) || len(b.cfg.Hosts) > 0) {
			refuse(w, http.StatusForbidden, wire.CodeInvalid, fmt.Sprintf("the host %.100q is not this machine, and not one that the blog was given", host))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (b *Blog) httpPost(w http.ResponseWriter, r *http.Request) {
	if t, p, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" ||
		p["charset"] != "" && !strings.EqualFold(p["charset"], "utf-8") {
		refuse(w, http.StatusUnsupportedMediaType, wire.CodeInvalid, fmt.Sprintf(
			"the Content-Type is %.80q, it must be application/json in UTF-8", r.Header.Get("Content-Type")))
		return
	}
	m, err := body[blogwire.NewPost](w, r)
	if err == nil {
		_, err = query(r)
	}
	made := false
	a := b.within(err, func() (a blogwire.Posts) {
		a, made = b.post(r.Context(), m)
		return a
	})
	if made {
		w.Header().Set("Location", pathPosts+"/"+a.Posts[0].ID.String())
		write(w, http.StatusCreated, a)
		return
	}
	write(w, status(a.Code), a)
}

func (b *Blog) httpRead(w http.ResponseWriter, r *http.Request) {
	m := blogwire.ReadPost{V: wire.Version}
	id, err := snowflake.ParseID(r.PathValue("id"))
	if err != nil {
		err = &wire.Error{Code: wire.CodeInvalid, Text: err.Error()}
	}
	q, bad := query(r, "user")
	if m.ID, m.User = id, q.Get("user"); err == nil && bad == nil {
		m, err = wire.Check(m)
	}
	a := b.within(errors.Join(err, bad), func() blogwire.Posts { return b.read(r.Context(), m) })
	write(w, status(a.Code), a)
}

// httpTimeline serves a user's posts, or everybody's where the path names none.
func (b *Blog) httpTimeline(w http.ResponseWriter, r *http.Request) {
	m := blogwire.PageRequest{V: wire.Version, User: r.PathValue("user")}
	q, err := query(r, "before", "limit")
	if s := q.Get("before"); err == nil && s != "" {
		if m.Before, err = snowflake.ParseID(s); err != nil {
			err = &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("before: %v", err)}
		}
	}
	if s := q.Get("limit"); err == nil && s != "" {
		if m.Limit, err = strconv.Atoi(s); err != nil || m.Limit == 0 {
			err = &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("limit is %.40q, allowed is 1 to %d", s, blogwire.MaxPage)}
		}
	}
	if err == nil {
		m, err = wire.Check(m)
	}
	a := b.within(err, func() blogwire.Posts { return b.timeline(r.Context(), m) })
	write(w, status(a.Code), a)
}

// within answers inside the gate, unless the request is wrong already.
func (b *Blog) within(wrong error, answer func() blogwire.Posts) blogwire.Posts {
	if wrong == nil {
		wrong = b.gate.enter()
	}
	if wrong != nil {
		return refusal(wrong)
	}
	defer b.gate.leave()
	return b.sound(answer())
}

// body reads the message in a request's body.
func body[T any, M wire.Message[T]](w http.ResponseWriter, r *http.Request) (m T, err error) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, wire.MaxMessage))
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return m, &wire.Error{Code: wire.CodeTooLarge, Text: fmt.Sprintf("the body has more than %d bytes, which is the limit", wire.MaxMessage)}
	}
	if err != nil {
		return m, &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("the body cannot be read: %v", err)}
	}
	return wire.Decode[T, M](data)
}

// query reads the parameters of a request. One that is misspelled is refused: a
// page without its before would be the first one again, for ever.
func query(r *http.Request, allowed ...string) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("the query cannot be read: %v", err)}
	}
	for name, values := range q {
		switch {
		case !slices.Contains(allowed, name):
			return nil, &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("the query has the unknown parameter %.40q, allowed are %q", name, allowed)}
		case len(values) > 1 || values[0] == "":
			return nil, &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("the query has the parameter %.40q %d times, the first is %.40q: give it once, or leave it out", name, len(values), values[0])}
		}
	}
	return q, nil
}

// status is the HTTP status of an answer.
func status(c wire.Code) int {
	switch c {
	case "":
		return http.StatusOK
	case wire.CodeInvalid, wire.CodeVersion:
		return http.StatusBadRequest
	case wire.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case wire.CodeNotFound:
		return http.StatusNotFound
	case wire.CodeConflict:
		return http.StatusConflict
	case wire.CodeBusy, wire.CodeUnavailable:
		return http.StatusServiceUnavailable
	case wire.CodeUndecided:
		return http.StatusGatewayTimeout
	default:
		return http.StatusInternalServerError
	}
}

func refuse(w http.ResponseWriter, status int, code wire.Code, reason string) {
	write(w, status, refusal(&wire.Error{Code: code, Text: reason}))
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
	_, _ = w.Write(append(json.RawMessage(wire.Encode(a)), '\n')) // whoever is gone is gone
}
