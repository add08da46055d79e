package chatgw_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"parley/chatgw"
	"parley/chatgw/frame"
	"parley/chatgw/socket"
	"parley/internal/lifecycle/roletest"
)

// A gateway in somebody else's server, below a path: it is closed until it runs, keeps
// its limits and checks, and drains while that server goes on.
func TestEmbedded(t *testing.T) {
	b := newHarness(t)
	gw, err := chatgw.New(
		chatgw.Config{Embedded: true, Guests: chatgw.GuestsYes, Socket: socket.Config{MaxConnections: 1, Origins: []string{"https://shop.example"}}},
		chatgw.Deps{NATS: b.Connect(t), NextID: b.IDs.Next},
	)
	roletest.Must(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("the shop")) })
	mux.Handle("/chat/", http.StripPrefix("/chat", gw.Handler()))
	mux.Handle("GET /internal/metrics", gw.MetricsHandler())
	server := httptest.NewServer(mux)
	defer server.Close()
	addr := strings.TrimPrefix(server.URL, "http://")
	dial := func(origin string) (*browser, int) {
		t.Helper()
		return dial(t, "ws://"+addr+"/chat/ws", origin)
	}
	const page = "https://shop.example"
	healthy := func(want int, when string) {
		t.Helper()
		if status, body := get(t, addr, "/chat/healthz"); status != want {
			t.Errorf("%s its health is %d %q, want %d", when, status, body, want)
		}
	}
	healthy(http.StatusServiceUnavailable, "before it runs")
	if _, status := dial(page); status != http.StatusServiceUnavailable {
		t.Errorf("before it runs a handshake is answered %d", status)
	}

	process := roletest.Start(t, b.NATS, gw)
	process.AwaitReady()
	healthy(http.StatusOK, "while it runs")
	if _, status := dial("https://stranger.example"); status != http.StatusForbidden {
		t.Errorf("another origin is answered %d", status)
	}
	ada, _ := dial(page)
	ada.hello(frame.Hello{Name: "ada"})
	ada.join("lobby")
	if late, _ := dial(page); late.ends(frame.CloseFull) == nil {
		t.Error("it has no limit of connections")
	}
	if _, body := get(t, addr, "/internal/metrics"); !strings.Contains(body, "parley_chat_people 1") {
		t.Errorf("the metrics are\n%s", body)
	}

	process.Stop()
	ada.ends(frame.CloseDrain)
	process.Drain()
	healthy(http.StatusServiceUnavailable, "after it has drained")
	if _, status := dial(page); status != http.StatusServiceUnavailable {
		t.Errorf("after it has drained a handshake is answered %d", status)
	}
	if status, body := get(t, addr, "/"); status != http.StatusOK || body != "the shop" {
		t.Errorf("the server itself answers %d %q", status, body)
	}
}
