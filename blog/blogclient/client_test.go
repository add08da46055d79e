package blogclient_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/blog"
	"parley/blog/blogclient"
	"parley/broker/brokertest"
	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/blogwire"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 2 * time.Minute

// serve runs a blog until the test ends.
func serve(t *testing.T, server *brokertest.Server) {
	t.Helper()
	var n atomic.Int64
	b, err := blog.New(blog.Config{Dir: t.TempDir(), Shards: 3, Log: slog.New(slog.DiscardHandler)}, blog.Deps{
		NATS: server.Connect(t), NextID: func(context.Context) (snowflake.ID, error) { return snowflake.NewID(n.Add(1), 1, 0), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-b.Ready():
	case <-time.After(patience):
		t.Fatal("the blog is not ready")
	}
}

func TestClient(t *testing.T) {
	server := brokertest.Run(t)
	serve(t, server)
	client, ctx := newClient(t, server.Connect(t)), t.Context()
	var posts []blogwire.Post
	for i := range 130 {
		p, err := client.Post(ctx, blogwire.NewPost{User: fmt.Sprintf("user-%d", i%2), Text: fmt.Sprintf("post %d", i)})
		if err != nil {
			t.Fatal(err)
		}
		posts = append(posts, p)
	}
	if p, err := client.Read(ctx, posts[7].ID, ""); err != nil || p != posts[7] {
		t.Errorf("read %+v, %v", p, err)
	}
	i := len(posts)
	for p, err := range client.All(ctx, "") {
		if i--; err != nil || p != posts[i] {
			t.Fatalf("post %d is %+v, %v", i, p, err)
		}
	}
	for p, err := range client.All(ctx, "user-1") {
		if err != nil || p != posts[129] {
			t.Errorf("the newest of user-1 is %+v, %v", p, err)
		}
		break
	}
	if i != 0 {
		t.Errorf("%d posts are missing", i)
	}
	counts, err := client.Shards(ctx)
	if err != nil || len(counts) != 3 || counts[0]+counts[1]+counts[2] != 130 {
		t.Errorf("the shards hold %v, %v", counts, err)
	}
	page, err := client.Timeline(ctx, blogwire.PageRequest{User: "user-0", Limit: 2})
	if err != nil || len(page.Posts) != 2 || page.Next != page.Posts[1].ID {
		t.Errorf("a page is %+v, %v", page, err)
	}
	post := blogwire.NewPost{User: "ada", Text: "hello", Key: "k"}
	first, err := client.Post(ctx, post)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := client.Post(ctx, post); err != nil || again != first {
		t.Errorf("repeated: %+v, %v", again, err)
	}
	post.Text = "other"
	_, conflict := client.Post(ctx, post)
	_, missing := client.Read(ctx, 1, "ada")
	_, unknown := client.Timeline(ctx, blogwire.PageRequest{User: "zoe"})
	_, empty := client.Post(ctx, blogwire.NewPost{User: "ada"})
	_, noID := client.Read(ctx, 0, "")
	_, large := client.Timeline(ctx, blogwire.PageRequest{Limit: 101})
	for want, errs := range map[wire.Code][]error{
		wire.CodeConflict: {conflict}, wire.CodeNotFound: {missing, unknown}, wire.CodeInvalid: {empty, noID, large},
	} {
		for _, err := range errs {
			if err == nil || wire.CodeOf(err) != want {
				t.Errorf("got %v, want the code %s", err, want)
			}
		}
	}
	for _, err := range client.All(ctx, "zoe") {
		if wire.CodeOf(err) != wire.CodeNotFound {
			t.Errorf("all of an unknown user: %v", err)
		}
	}
}

// script is a blog that has one answer for each request; nil is silence.
func script(t *testing.T, nc *nats.Conn, answers ...*blogwire.Posts) (requests *atomic.Int64, keys chan string) {
	t.Helper()
	requests, keys = new(atomic.Int64), make(chan string, 64)
	_, err := nc.Subscribe(blogwire.SubjectPost, func(m *nats.Msg) {
		p, err := wire.Decode[blogwire.NewPost](m.Data)
		if err != nil {
			t.Error(err)
		}
		keys <- p.Key
		i := min(int(requests.Add(1)), len(answers)) - 1
		if answers[i] != nil {
			if err := m.Respond(wire.Encode(*answers[i])); err != nil {
				t.Error(err)
			}
		}
	})
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return requests, keys
}

func refusal(code wire.Code) *blogwire.Posts {
	return &blogwire.Posts{V: wire.Version, Posts: []blogwire.Post{}, Code: code, Reason: "because"}
}

// TestPostRepeats checks which answers make the client repeat a post, and its result.
func TestPostRepeats(t *testing.T) {
	stored := &blogwire.Posts{V: wire.Version, Posts: []blogwire.Post{{ID: 7, User: "ada", Text: "hello"}}}
	for _, c := range []struct {
		what     string
		answers  []*blogwire.Posts
		requests int64
		code     wire.Code // of the error
		unknown  bool
	}{
		{"stored", []*blogwire.Posts{stored}, 1, "", false},
		{"busy, unavailable, undecided, and then stored", []*blogwire.Posts{refusal(wire.CodeBusy), refusal(wire.CodeUnavailable), refusal(wire.CodeUndecided), stored}, 4, "", false},
		{"wrong", []*blogwire.Posts{refusal(wire.CodeInvalid)}, 1, wire.CodeInvalid, false},
		{"an id given twice", []*blogwire.Posts{refusal(wire.CodeViolation)}, 1, wire.CodeViolation, false},
		{"another text", []*blogwire.Posts{refusal(wire.CodeUndecided), refusal(wire.CodeConflict)}, 2, wire.CodeConflict, false},
		{"wrong at another process", []*blogwire.Posts{refusal(wire.CodeUndecided), refusal(wire.CodeVersion), refusal(wire.CodeViolation), stored}, 4, "", false},
		{"never", []*blogwire.Posts{refusal(wire.CodeBusy)}, 0, wire.CodeUnavailable, false},
		{"never known", []*blogwire.Posts{refusal(wire.CodeUndecided), refusal(wire.CodeUnavailable)}, 0, "", true},
		{"silence", []*blogwire.Posts{nil}, 0, "", true},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			server := brokertest.Run(t)
			requests, keys := script(t, server.Connect(t), c.answers...)
			limit := patience
			if c.requests == 0 {
				limit = 2 * time.Second // between two tries
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			p, err := newClient(t, server.Connect(t)).Post(ctx, blogwire.NewPost{User: "ada", Text: "hello"})
			switch {
			case c.unknown && !errors.Is(err, blogclient.ErrUnknown),
				!c.unknown && errors.Is(err, blogclient.ErrUnknown),
				c.code != "" && (err == nil || wire.CodeOf(err) != c.code),
				c.code == "" && !c.unknown && (err != nil || p != stored.Posts[0]):
				t.Errorf("it ended with %+v, %v", p, err)
			}
			if n := requests.Load(); c.requests != 0 && n != c.requests {
				t.Errorf("it received %d requests, want %d", n, c.requests)
			}
			first := <-keys
			for len(keys) > 0 {
				if k := <-keys; k != first || k == "" {
					t.Errorf("the keys are %q and %q", first, k)
				}
			}
		})
	}
}

func TestNobody(t *testing.T) {
	nc := brokertest.Run(t).Connect(t)
	client := newClient(t, nc)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := client.Post(ctx, blogwire.NewPost{User: "ada", Text: "hello"})
	if wire.CodeOf(err) != wire.CodeUnavailable || !strings.Contains(err.Error(), "nothing was stored") || !strings.Contains(err.Error(), "parley blog") {
		t.Errorf("posting: %v", err)
	}
	if _, err := client.Read(t.Context(), 7, ""); wire.CodeOf(err) != wire.CodeUnavailable {
		t.Errorf("reading: %v", err)
	}
	if _, err := client.Post(ctx, blogwire.NewPost{User: "ada", Text: "hello"}); err == nil || !strings.Contains(err.Error(), "nothing was sent") {
		t.Errorf("after the end: %v", err)
	}
	nc.Close()
	if _, err := client.Post(t.Context(), blogwire.NewPost{User: "ada", Text: "hello"}); wire.CodeOf(err) != wire.CodeUnavailable {
		t.Errorf("on a closed connection: %v", err)
	}
}

func newClient(t testing.TB, nc *nats.Conn) *blogclient.Client {
	t.Helper()
	c, err := blogclient.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
