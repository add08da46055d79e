package blog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/blog"
	"parley/blog/blogclient"
	"parley/broker/brokertest"
	"parley/idworker/snowflake"
	"parley/internal/hooks"
	"parley/wire"
	"parley/wire/blogwire"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 2 * time.Minute

// counter is an ID service: ascending ids of one worker, of the last hour.
type counter struct{ n atomic.Int64 }

func (c *counter) next(context.Context) (snowflake.ID, error) {
	n := c.n.Add(1)
	return snowflake.NewID(snowflake.Timestamp(time.Now().Add(-time.Hour))+n>>12, 3, int(n&snowflake.MaxSequence)), nil
}

// running is a blog of a test.
type running struct {
	*blog.Blog
	nc   *nats.Conn // a client's
	stop func() error
}

// start runs a blog until the test ends, or stop is called.
func start(t testing.TB, server *brokertest.Server, cfg blog.Config, nextID func(context.Context) (snowflake.ID, error), h ...hooks.Hooks) *running {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	}
	b, err := blog.New(cfg, blog.Deps{NATS: server.Connect(t), NextID: nextID})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	for _, h := range h {
		ctx = hooks.With(ctx, h)
	}
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	r := &running{Blog: b, nc: server.Connect(t)}
	r.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-b.Ready():
	case err := <-ended:
		ended <- err
		t.Fatal(err)
	case <-time.After(patience):
		t.Fatal("the blog is not ready")
	}
	return r
}

// local is a blog on SQLite with HTTP.
func local(t testing.TB) *running {
	return start(t, brokertest.Run(t), blog.Config{Dir: t.TempDir(), Shards: 4, Listen: "127.0.0.1:0", Hosts: []string{"blog.example"}}, new(counter).next)
}

// request sends a request over NATS.
func (r *running) request(t testing.TB, subject string, request []byte) blogwire.Posts {
	t.Helper()
	m, err := r.nc.Request(subject, request, patience)
	if err != nil {
		t.Fatal(err)
	}
	a, err := wire.Decode[blogwire.Posts](m.Data)
	if err != nil {
		t.Fatalf("%v: %.300s", err, m.Data)
	}
	return a
}

// answer is an answer over HTTP.
type answer struct {
	blogwire.Posts
	status int
	header http.Header
}

// http sends a request over HTTP. A POST has a body of JSON, unless a header
// ("Name: value") overrides that.
func (r *running) http(t testing.TB, method, path string, body []byte, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+r.Addr()+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
		if name == "Host" {
			req.Host = value
		}
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodHead {
		return answer{status: res.StatusCode, header: res.Header}
	}
	a, err := wire.Decode[blogwire.Posts](bytes.TrimSuffix(data, []byte("\n")))
	if err != nil {
		t.Fatalf("%s %s: %d, %v: %.300s", method, path, res.StatusCode, err, data)
	}
	if ct := res.Header.Get("Content-Type"); ct != "application/json" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s %s: the headers are %v", method, path, res.Header)
	}
	return answer{a, res.StatusCode, res.Header}
}

func newPost(user, text, key string) []byte {
	data, err := json.Marshal(map[string]any{"v": 1, "user": user, "text": text, "key": key})
	if err != nil {
		panic(err)
	}
	return data
}

func newClient(t testing.TB, nc *nats.Conn) *blogclient.Client {
	t.Helper()
	c, err := blogclient.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
