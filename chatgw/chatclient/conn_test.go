package chatclient_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/chatgw"
	"parley/chatgw/chatclient"
	"parley/chatgw/frame"
	"parley/internal/lifecycle/roletest"
)

func TestConn(t *testing.T) {
	g := newHarness(t).run(chatgw.Config{})
	for _, url := range []string{g.URL(), g.URL() + "/", "ws://" + g.Addr().String(), g.URL() + "/ws"} {
		c, err := chatclient.Dial(t.Context(), chatclient.Config{URL: url, Name: "ada"})
		if err != nil {
			t.Fatalf("%s: %v", url, err)
		}
		if c.Welcome.User != "ada" || !c.Welcome.Guest || c.Welcome.Limits.RetryMS == 0 {
			t.Errorf("welcome: %+v", c.Welcome)
		}
		roletest.Must(t, c.Write(frame.Encode(frame.Join{Ref: 1, Room: "r"})))
		f, err := c.Read()
		if j, ok := f.(*frame.Joined); !ok || j.Ref != 1 {
			t.Errorf("%+v, %v: want the answer to the join", f, err)
		}
		c.Close()
		if _, err := c.Read(); err == nil {
			t.Error("read after close")
		}
	}
}

func TestDialRefused(t *testing.T) {
	g := newHarness(t).run(chatgw.Config{})
	for _, c := range []struct{ url, want string }{
		{"", "not http://host:port"},
		{"127.0.0.1:80", "not http://host:port"},
		{"ftp://127.0.0.1", `begins with "ftp"`},
		{g.URL() + "/nowhere", "404"},
		{"http://127.0.0.1:1", "127.0.0.1:1"},
	} {
		if _, err := chatclient.Dial(t.Context(), chatclient.Config{URL: c.url, Name: "ada"}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.url, err, c.want)
		}
	}
	_, err := chatclient.Dial(t.Context(), chatclient.Config{URL: g.URL(), Token: "nonsense"})
	if closed, ok := errors.AsType[*chatclient.Closed](err); !ok || closed.Code != frame.CloseToken || closed.Retry >= 0 {
		t.Errorf("a token that is none: %v", err)
	}
	_, err = chatclient.Dial(t.Context(), chatclient.Config{URL: g.URL(), Name: "no name\n"})
	if closed, ok := errors.AsType[*chatclient.Closed](err); !ok || closed.Code != frame.CloseHello {
		t.Errorf("a name that is none: %v", err)
	}
}

// Whatever the other side does not do, dialling ends.
func TestDialSilent(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	roletest.Must(t, err)
	defer mute.Close()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "come later", http.StatusServiceUnavailable)
	}))
	defer busy.Close()
	if _, err := chatclient.Dial(t.Context(), chatclient.Config{URL: busy.URL, Name: "ada"}); err == nil || !strings.Contains(err.Error(), "come later") {
		t.Errorf("%v, want the server's response", err)
	}
	cfg := chatclient.Config{URL: "http://" + mute.Addr().String(), Name: "ada", Timeout: 50 * time.Millisecond}
	if _, err := chatclient.Dial(t.Context(), cfg); err == nil {
		t.Error("connected to nobody")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	cfg.Timeout = time.Hour
	go func() {
		_, err := chatclient.Dial(ctx, cfg)
		ended <- err
	}()
	if c, err := mute.Accept(); err == nil { // of the first try
		c.Close()
	}
	cancel()
	if err := roletest.Await(t, "dialling to end", ended); err == nil {
		t.Error("connected to nobody")
	}
}
