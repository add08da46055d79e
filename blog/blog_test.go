package blog_test

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/blog"
	"parley/broker/brokertest"
	"parley/idworker/snowflake"
	"parley/internal/hooks"
	"parley/wire"
	"parley/wire/blogwire"

	"github.com/nats-io/nats.go"
)

// The same requests over NATS and over HTTP: the same answers.
func TestRequests(t *testing.T) {
	r := local(t)
	first := r.request(t, blogwire.SubjectPost, newPost("ada", "hello, 世界", "k"))
	if len(first.Posts) != 1 || first.Code != "" || first.Posts[0].Text != "hello, 世界" || first.Posts[0].User != "ada" {
		t.Fatalf("posted: %+v", first)
	}
	second := r.http(t, "POST", "/api/blog/posts", newPost("bob", "hi", ""))
	if second.status != http.StatusCreated || len(second.Posts.Posts) != 1 {
		t.Fatalf("posted: %+v", second)
	}
	ada, bob := first.Posts[0], second.Posts.Posts[0]
	if l := second.header.Get("Location"); l != "/api/blog/posts/"+bob.ID.String() {
		t.Errorf("the post is at %q", l)
	}
	future := snowflake.MinAt(time.Now().Add(time.Hour))
	for _, c := range []struct {
		what    string
		subject string
		request string
		method  string
		path    string
		status  int
		code    wire.Code
		posts   []blogwire.Post
		reasons []string
	}{
		{"a post again", blogwire.SubjectPost, string(newPost("ada", "hello, 世界", "k")), "POST", "", 200, "", []blogwire.Post{ada}, nil},
		{"another text with its key", blogwire.SubjectPost, string(newPost("ada", "bye", "k")), "POST", "", 409, wire.CodeConflict, nil, []string{`"k"`, ada.ID.String(), "another text"}},
		{"one post", blogwire.SubjectRead, `{"v":1,"id":"` + ada.ID.String() + `"}`, "GET", "/posts/" + ada.ID.String(), 200, "", []blogwire.Post{ada}, nil},
		{"one post of a user", blogwire.SubjectRead, `{"v":1,"id":"` + ada.ID.String() + `","user":"ada"}`, "GET", "/posts/" + ada.ID.String() + "?user=ada", 200, "", []blogwire.Post{ada}, nil},
		{"one post of another user", blogwire.SubjectRead, `{"v":1,"id":"` + ada.ID.String() + `","user":"bob"}`, "GET", "/posts/" + ada.ID.String() + "?user=bob", 404, wire.CodeNotFound, nil, []string{ada.ID.String(), `"bob"`}},
		{"a user's posts", blogwire.SubjectTimeline, `{"v":1,"user":"ada"}`, "GET", "/users/ada/posts", 200, "", []blogwire.Post{ada}, nil},
		{"everybody's posts", blogwire.SubjectTimeline, `{"v":1}`, "GET", "/posts", 200, "", []blogwire.Post{bob, ada}, nil},
		{"everybody's first page", blogwire.SubjectTimeline, `{"v":1,"limit":1}`, "GET", "/posts?limit=1", 200, "", []blogwire.Post{bob}, nil},
		{"everybody's next page", blogwire.SubjectTimeline, `{"v":1,"before":"` + bob.ID.String() + `"}`, "GET", "/posts?before=" + bob.ID.String(), 200, "", []blogwire.Post{ada}, nil},
		{"nothing below the first", blogwire.SubjectTimeline, `{"v":1,"user":"ada","before":"` + ada.ID.String() + `"}`, "GET", "/users/ada/posts?before=" + ada.ID.String(), 200, "", nil, nil},

		{"an unknown id", blogwire.SubjectRead, `{"v":1,"id":"1"}`, "GET", "/posts/1", 404, wire.CodeNotFound, nil, []string{"no post 1"}},
		{"an id from the future", blogwire.SubjectRead, `{"v":1,"id":"` + future.String() + `"}`, "GET", "/posts/" + future.String(), 404, wire.CodeNotFound, nil, []string{future.String(), "from the future"}},
		{"no id", blogwire.SubjectRead, `{"v":1,"id":"0"}`, "GET", "/posts/0", 400, wire.CodeInvalid, nil, []string{`"0"`}},
		{"a word for an id", blogwire.SubjectRead, `{"v":1,"id":"first"}`, "GET", "/posts/first", 400, wire.CodeInvalid, nil, []string{`"first"`, "decimal"}},
		{"an id too large", blogwire.SubjectRead, `{"v":1,"id":"288230376151711744"}`, "GET", "/posts/288230376151711744", 400, wire.CodeInvalid, nil, []string{"288230376151711744", "beyond"}},
		{"an unknown user", blogwire.SubjectTimeline, `{"v":1,"user":"zoe"}`, "GET", "/users/zoe/posts", 404, wire.CodeNotFound, nil, []string{`"zoe"`, "unknown"}},
		{"an unknown user's next page", blogwire.SubjectTimeline, `{"v":1,"user":"zoe","before":"5"}`, "GET", "/users/zoe/posts?before=5", 404, wire.CodeNotFound, nil, []string{`"zoe"`, "unknown"}},
		{"no user's name", blogwire.SubjectTimeline, `{"v":1,"user":"a b"}`, "GET", "/users/a%20b/posts", 400, wire.CodeInvalid, nil, []string{`"a b"`, "not allowed", "byte 1"}},
		{"a page too large", blogwire.SubjectTimeline, `{"v":1,"limit":101}`, "GET", "/posts?limit=101", 400, wire.CodeInvalid, nil, []string{"limit", "101", "100"}},
		{"a negative page", blogwire.SubjectTimeline, `{"v":1,"limit":-1}`, "GET", "/posts?limit=-1", 400, wire.CodeInvalid, nil, []string{"limit", "-1"}},
		{"a word for a page", blogwire.SubjectTimeline, `{"v":1,"limit":"ten"}`, "GET", "/posts?limit=ten", 400, wire.CodeInvalid, nil, []string{"limit"}},
		{"a bad before", blogwire.SubjectTimeline, `{"v":1,"before":"x"}`, "GET", "/posts?before=x", 400, wire.CodeInvalid, nil, []string{`"x"`}},

		{"an empty text", blogwire.SubjectPost, string(newPost("ada", "", "")), "POST", "", 400, wire.CodeInvalid, nil, []string{"text is empty"}},
		{"a text of spaces", blogwire.SubjectPost, string(newPost("ada", " \n\t", "")), "POST", "", 400, wire.CodeInvalid, nil, []string{"text is empty"}},
		{"an oversize text", blogwire.SubjectPost, string(newPost("ada", strings.Repeat("x", blogwire.MaxText+1), "")), "POST", "", 400, wire.CodeInvalid, nil, []string{"text", "16385", "16384"}},
		{"an oversize request", blogwire.SubjectPost, string(newPost("ada", strings.Repeat("x", wire.MaxMessage), "")), "POST", "", 413, wire.CodeTooLarge, nil, []string{"65536"}},
		{"bytes that are no UTF-8", blogwire.SubjectPost, `{"v":1,"user":"ada","text":"a` + "\xff" + `b"}`, "POST", "", 400, wire.CodeInvalid, nil, []string{"UTF-8", "0xff", "byte 29"}},
		{"half a character, escaped", blogwire.SubjectPost, `{"v":1,"user":"ada","text":"\ud83d!"}`, "POST", "", 400, wire.CodeInvalid, nil, []string{"surrogate"}},
		{"a control character", blogwire.SubjectPost, string(newPost("ada", "a\x00b", "")), "POST", "", 400, wire.CodeInvalid, nil, []string{"U+0000", "byte 1"}},
		{"a user in another form", blogwire.SubjectPost, string(newPost("Jose\u0301", "x", "")), "POST", "", 400, wire.CodeInvalid, nil, []string{"NFC", `"Jos\u00e9"`}},
		{"no user", blogwire.SubjectPost, string(newPost("", "x", "")), "POST", "", 400, wire.CodeInvalid, nil, []string{"user is empty"}},
		{"an oversize user", blogwire.SubjectPost, string(newPost(strings.Repeat("u", 65), "x", "")), "POST", "", 400, wire.CodeInvalid, nil, []string{"user", "65", "64"}},
		{"an oversize key", blogwire.SubjectPost, string(newPost("ada", "x", strings.Repeat("k", 129))), "POST", "", 400, wire.CodeInvalid, nil, []string{"key", "129", "128"}},
		{"nonsense", blogwire.SubjectPost, `{`, "POST", "", 400, wire.CodeInvalid, nil, []string{"malformed"}},
		{"nothing", blogwire.SubjectPost, ``, "POST", "", 400, wire.CodeInvalid, nil, []string{"empty"}},
		{"an unknown field", blogwire.SubjectPost, `{"v":1,"user":"ada","text":"x","title":"y"}`, "POST", "", 400, wire.CodeInvalid, nil, []string{`"title"`}},
		{"another version", blogwire.SubjectPost, `{"v":2,"user":"ada","text":"x"}`, "POST", "", 400, wire.CodeVersion, nil, []string{"version 2"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			body, path := []byte(nil), "/api/blog"+c.path
			if c.method == "POST" {
				body, path = []byte(c.request), "/api/blog/posts"
			}
			web := r.http(t, c.method, path, body)
			if web.status != c.status {
				t.Errorf("the HTTP status is %d, want %d", web.status, c.status)
			}
			for edge, a := range map[string]blogwire.Posts{"NATS": r.request(t, c.subject, []byte(c.request)), "HTTP": web.Posts} {
				if a.Code != c.code || fmt.Sprint(a.Posts) != fmt.Sprint(append([]blogwire.Post{}, c.posts...)) {
					t.Errorf("%s: %+v, want the code %q and %+v", edge, a, c.code, c.posts)
				}
				for _, s := range c.reasons {
					if !strings.Contains(a.Reason, s) {
						t.Errorf("%s: %q does not contain %q", edge, a.Reason, s)
					}
				}
				if c.code == "" && a.Reason != "" {
					t.Errorf("%s: a good answer has the reason %q", edge, a.Reason)
				}
			}
		})
	}
	m, err := r.nc.Request(blogwire.SubjectShards, wire.Encode(blogwire.ShardsRequest{V: wire.Version}), patience)
	if err != nil {
		t.Fatal(err)
	}
	s, err := wire.Decode[blogwire.Shards](m.Data)
	if err != nil || len(s.Counts) != 4 || s.Counts[0]+s.Counts[1]+s.Counts[2]+s.Counts[3] != 2 {
		t.Errorf("the shards hold %+v, %v", s, err)
	}
	if m, err = r.nc.Request(blogwire.SubjectShards, []byte("{}"), patience); err != nil {
		t.Fatal(err)
	}
	if s, err = wire.Decode[blogwire.Shards](m.Data); err != nil || s.Code != wire.CodeVersion {
		t.Errorf("a malformed request about shards is answered %+v, %v", s, err)
	}
}

// A page ends where its texts pass what an answer carries.
func TestLongPages(t *testing.T) {
	r := local(t)
	for i := range 40 {
		if a := r.request(t, blogwire.SubjectPost, newPost("ada", strings.Repeat("\"", blogwire.MaxText), fmt.Sprint(i))); a.Code != "" {
			t.Fatal(a)
		}
	}
	for _, user := range []string{"ada", ""} {
		read, pages := 0, 0
		for before := snowflake.ID(0); ; pages++ {
			a := r.request(t, blogwire.SubjectTimeline, wire.Encode(blogwire.PageRequest{V: wire.Version, User: user, Before: before, Limit: blogwire.MaxPage}))
			if len(a.Posts) == 0 {
				t.Fatalf("an empty page: %+v", a)
			}
			read += len(a.Posts)
			if before = a.Next; before == 0 {
				break
			}
		}
		if read != 40 || pages != 2 {
			t.Errorf("%q: read %d posts in %d pages", user, read, pages+1)
		}
	}
}

// A drain answers what is under way; afterwards the handler answers 503.
func TestDrain(t *testing.T) {
	inside, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	cfg := blog.Config{Dir: t.TempDir(), Shards: 1, Listen: "127.0.0.1:0"}
	h := hooks.Hooks{Step: func(point string) {
		if point == "post-before-commit" {
			once.Do(func() { close(inside); <-release })
		}
	}}
	r := start(t, brokertest.Run(t), cfg, new(counter).next, h)
	answered := make(chan *nats.Msg, 2)
	for i := range 2 {
		go func() {
			m, err := r.nc.Request(blogwire.SubjectPost, newPost("ada", "hello", fmt.Sprint(i)), patience)
			if err != nil {
				t.Error(err)
			}
			answered <- m
		}()
	}
	<-inside
	ended := make(chan error, 1)
	go func() { ended <- r.stop() }()
	close(release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for range 2 {
		a, err := wire.Decode[blogwire.Posts]((<-answered).Data)
		// The second may have arrived when the gate was closed.
		if err != nil || a.Code != "" && a.Code != wire.CodeUnavailable {
			t.Errorf("answered %+v, %v", a, err)
		}
	}
	if r.Counts().Posts == 0 {
		t.Error("what was under way was not stored")
	}
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/api/blog/posts", nil))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "not serving") {
		t.Errorf("afterwards: %d %v %s", w.Code, w.Header(), w.Body)
	}
	if _, err := r.nc.Request(blogwire.SubjectTimeline, []byte(`{"v":1}`), patience); !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("afterwards on NATS: %v", err)
	}
}

func TestNew(t *testing.T) {
	nc := brokertest.Run(t).Connect(t)
	ids := new(counter).next
	for _, c := range []struct {
		cfg  blog.Config
		deps blog.Deps
		text string
	}{
		{blog.Config{}, blog.Deps{nc, ids}, "neither Dir nor DSNs"},
		{blog.Config{Dir: "x", Shards: 9999}, blog.Deps{nc, ids}, "Shards is 9999"},
		{blog.Config{Dir: "x", Listen: "8080"}, blog.Deps{nc, ids}, "not HOST:PORT"},
		{blog.Config{Dir: "x", Listen: ":8080"}, blog.Deps{nc, ids}, "no host"},
		{blog.Config{Dir: "x", Listen: "localhost:http"}, blog.Deps{nc, ids}, "port"},
		{blog.Config{Dir: "x", DrainTimeout: -1}, blog.Deps{nc, ids}, "negative"},
		{blog.Config{Dir: "x"}, blog.Deps{nil, ids}, "NATS"},
		{blog.Config{Dir: "x"}, blog.Deps{nc, nil}, "NextID"},
	} {
		if _, err := blog.New(c.cfg, c.deps); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%+v: %v, want %q", c.cfg, err, c.text)
		}
	}
}

// An error names why the blog cannot be served, and nothing is left running.
func TestRunFails(t *testing.T) {
	server := brokertest.Run(t)
	r := start(t, server, blog.Config{Dir: t.TempDir(), Shards: 1, Listen: "127.0.0.1:0"}, new(counter).next)
	run := func(cfg blog.Config, nc *nats.Conn) error {
		b, err := blog.New(cfg, blog.Deps{nc, new(counter).next})
		if err != nil {
			t.Fatal(err)
		}
		return b.Run(t.Context())
	}
	err := run(blog.Config{Dir: t.TempDir(), Listen: r.Addr()}, server.Connect(t))
	if err == nil || !strings.Contains(err.Error(), r.Addr()) || !strings.Contains(err.Error(), "another") {
		t.Errorf("on a port that is taken: %v", err)
	}
	if err := run(blog.Config{Dir: "/nowhere/at/all"}, server.Connect(t)); err == nil || !strings.Contains(err.Error(), "must exist") {
		t.Errorf("in no directory: %v", err)
	}
	closed := server.Connect(t)
	closed.Close()
	if err := run(blog.Config{Dir: t.TempDir()}, closed); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("on a closed connection: %v", err)
	}
}

// A row that no request could have stored is not sent, and other posts are.
func TestChangedRow(t *testing.T) {
	dir := t.TempDir()
	r := start(t, brokertest.Run(t), blog.Config{Dir: dir, Shards: 1, Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)}, new(counter).next)
	good := r.request(t, blogwire.SubjectPost, newPost("ada", "hello", "")).Posts[0]
	bad := r.request(t, blogwire.SubjectPost, newPost("ada", "hello", "")).Posts[0]
	db, err := sql.Open("sqlite", filepath.Join(dir, "shard-0000.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE blog_posts SET text='' WHERE id=?", int64(bad.ID)); err != nil {
		t.Fatal(err)
	}
	a := r.request(t, blogwire.SubjectRead, wire.Encode(blogwire.ReadPost{V: wire.Version, ID: bad.ID}))
	web := r.http(t, "GET", "/api/blog/posts", nil)
	if a.Code != wire.CodeInternal || web.status != 500 || !strings.Contains(a.Reason, "text is empty") || !strings.Contains(web.Reason, "text is empty") {
		t.Errorf("answered %+v and %+v", a, web)
	}
	if a := r.request(t, blogwire.SubjectRead, wire.Encode(blogwire.ReadPost{V: wire.Version, ID: good.ID})); len(a.Posts) != 1 || a.Posts[0] != good {
		t.Errorf("a good post is %+v", a)
	}
}

// No answer is published to subjects of the protocol or of the broker.
func TestReplySubjects(t *testing.T) {
	r := local(t)
	posts, err := r.nc.SubscribeSync(">")
	if err != nil {
		t.Fatal(err)
	}
	for _, reply := range []string{"tx.vote.inventory.x.1", "$JS.API.STREAM.PURGE.TXLOG", blogwire.SubjectPost, "id.next"} {
		if err := r.nc.PublishRequest(blogwire.SubjectTimeline, reply, []byte(`{"v":1}`)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.nc.PublishRequest(blogwire.SubjectTimeline, "last", []byte(`{"v":1}`)); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := posts.NextMsg(patience)
		if err != nil {
			t.Fatal(err)
		}
		if m.Subject == "last" {
			return
		}
		if m.Subject != blogwire.SubjectTimeline && !strings.HasPrefix(m.Subject, "_INBOX.") {
			t.Errorf("an answer went to %s", m.Subject)
		}
	}
}
