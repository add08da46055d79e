package chatgw_test

import (
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"parley/chatgw"
	"parley/chatgw/frame"
	"parley/internal/lifecycle/roletest"
	"parley/natsconn"

	"github.com/nats-io/nats.go"
)

// offline is a connection that is never made, for what is only configured.
func offline(t testing.TB) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect("nats://127.0.0.1:1", append(natsconn.Required(), nats.RetryOnFailedConnect(true))...)
	roletest.Must(t, err)
	t.Cleanup(nc.Close)
	return nc
}

func TestHealth(t *testing.T) {
	b := newHarness(t)
	g := b.run(chatgw.Config{})
	addr := g.Addr().String()
	if status, body := get(t, addr, "/healthz"); status != http.StatusOK || body != "ok\n" {
		t.Errorf("health: %d %q", status, body)
	}
	if status, _ := get(t, addr, "/ws"); status != http.StatusUpgradeRequired {
		t.Errorf("/ws without a handshake: %d", status)
	}
	b.Kill()
	for {
		status, body := get(t, addr, "/healthz")
		if status == http.StatusServiceUnavailable {
			if !strings.Contains(body, "broker") {
				t.Errorf("health: %d %q", status, body)
			}
			break
		}
	}
	b.Restart(t)
}

// Everything that is bounded is counted.
func TestMetrics(t *testing.T) {
	b := newHarness(t)
	g := b.run(chatgw.Config{Metrics: "127.0.0.1:0", FramesAtOnce: 4, FramesPerSecond: 0.001})
	ada := g.as("ada")
	ada.join("lobby")
	ada.send(frame.Encode(frame.Send{Room: "lobby", CID: "1", Text: "x"}))
	ada.acked("1")
	ada.send([]byte(`{"t":"join","room":"No"}`))
	ada.refused()
	ada.send([]byte(`{"t":"leave","room":"lobby"}`))
	ada.refused()
	bad := g.connect()
	bad.send([]byte(`nonsense`))
	bad.ends(frame.CloseFrame)
	stranger := g.connect()
	stranger.send(frame.Encode(frame.Hello{Token: "x"}))
	stranger.ends(frame.CloseToken)
	b.request("chat.post.lobby", `{"v":1,"user":"kitchen","text":"x"}`)
	b.request("chat.post.lobby", `x`)
	get(t, g.Addr().String(), "/ws")

	if status, body := get(t, g.Addr().String(), "/metrics"); status == http.StatusOK && strings.Contains(body, "parley_chat") {
		t.Errorf("the metrics are where strangers can see them")
	}
	_, body := get(t, g.MetricsAddr().String(), "/metrics")
	for _, want := range []string{
		"parley_chat_handshakes_total 3", "parley_chat_handshakes_refused_total 1", "parley_chat_people 1",
		"parley_chat_malformed_total 1", "parley_chat_unwelcome_total 1", "parley_chat_too_fast_total 1",
		`parley_chat_refused_total{code="invalid"} 1`, `parley_chat_refused_total{code="rate"} 1`,
		`parley_chat_closed_total{code="4502"} 1`, `parley_chat_closed_total{code="4501"} 1`,
		`parley_chat_posts_total{code="ok"} 1`, `parley_chat_posts_total{code="invalid"} 1`,
		"parley_chat_memberships 1", "parley_chat_broker_connected 1", "parley_chat_messages_stored_total 2",
		"go_goroutines ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(body, "\n"+want) {
			t.Errorf("the metrics do not have %q", want)
		}
	}
	if t.Failed() {
		for line := range strings.SplitSeq(body, "\n") {
			if strings.HasPrefix(line, "parley") {
				t.Log(line)
			}
		}
	}
	if status, _ := get(t, g.MetricsAddr().String(), "/healthz"); status != http.StatusOK {
		t.Errorf("health beside the metrics: %d", status)
	}
}

// Who sends a header byte by byte is not waited for.
func TestSlowHeader(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes as long as the time for a header")
	}
	g := newHarness(t).run(chatgw.Config{})
	conn, err := net.Dial("tcp", g.Addr().String())
	roletest.Must(t, err)
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(roletest.Patience))
	if _, err := conn.Write([]byte("GET /ws HTTP/1.1\r\nHost: ")); err != nil {
		t.Fatal(err)
	}
	var buf [1]byte
	if n, err := conn.Read(buf[:]); n != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %d bytes, %v", n, err)
	}
}

func TestListenFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	roletest.Must(t, err)
	defer l.Close()
	b := newHarness(t)
	for _, cfg := range []chatgw.Config{{Listen: l.Addr().String()}, {Listen: "127.0.0.1:0", Metrics: l.Addr().String()}} {
		g, err := chatgw.New(cfg, chatgw.Deps{NATS: b.Connect(t), NextID: b.IDs.Next})
		roletest.Must(t, err)
		if err := g.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "address already in use") {
			t.Errorf("%+v: %v", cfg.Listen, err)
		}
	}
}
