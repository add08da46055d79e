package chatgw_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"parley/chatgw"
	"parley/internal/lifecycle/roletest"
	"parley/natsconn"
	"parley/wire"
	"parley/wire/chatwire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// request sends what somebody types into the nats command, and reads the answer.
func (b *harness) request(subject, data string) chatwire.Posted {
	b.T.Helper()
	m, err := b.NATS.Request(subject, []byte(data), roletest.Patience)
	if err != nil {
		b.T.Fatalf("request on %s: %v", subject, err)
	}
	p, err := wire.Decode[chatwire.Posted](m.Data)
	if err != nil {
		b.T.Fatalf("the answer is %s: %v", m.Data, err)
	}
	return p
}

// A service posts a message with plain NATS, and browsers see it.
func TestServicesPost(t *testing.T) {
	b := newHarness(t)
	g := b.run(chatgw.Config{})
	b.run(chatgw.Config{}) // one of the two answers
	ada := g.as("ada")
	ada.join("lobby")
	posted := b.request("chat.post.lobby", `{"v":1,"user":"kitchen","text":"Soup is ready","cid":"soup-1"}`)
	if posted.Code != "" || posted.Seq == 0 || !posted.ID.Valid() {
		t.Fatalf("posted: %+v", posted)
	}
	m := ada.message()
	if m.User != "kitchen" || m.Text != "Soup is ready" || m.Kind != chatwire.KindService || m.Seq != posted.Seq || m.ID != posted.ID || m.CID != "soup-1" {
		t.Errorf("message: %+v", m)
	}
	// Posting again with the same cid stores nothing.
	if again := b.request("chat.post.lobby", `{"v":1,"user":"kitchen","text":"Soup is ready","cid":"soup-1"}`); again != posted {
		t.Errorf("posted again: %+v, was %+v", again, posted)
	}
	// Without a request too.
	roletest.Must(t, b.NATS.Publish("chat.post.lobby", []byte(`{"v":1,"user":"kitchen","text":"and bread"}`)))
	if m := ada.message(); m.Text != "and bread" {
		t.Errorf("message: %+v", m)
	}
}

// Malformed posts are refused with the reason, and nothing is stored.
func TestPostsRefused(t *testing.T) {
	b := newHarness(t)
	g := b.run(chatgw.Config{})
	for _, c := range []struct {
		subject, data string
		code          wire.Code
		reason        string
	}{
		{"chat.post.lobby", ``, wire.CodeInvalid, "it is empty"},
		{"chat.post.lobby", `Soup is ready`, wire.CodeInvalid, "malformed"},
		{"chat.post.lobby", `{"v":2,"user":"kitchen","text":"x"}`, wire.CodeVersion, "version 2"},
		{"chat.post.lobby", `{"v":1,"user":"kitchen","text":"x","room":"lobby"}`, wire.CodeInvalid, `unknown field "room"`},
		{"chat.post.lobby", `{"v":1,"text":"x"}`, wire.CodeInvalid, "user is empty"},
		{"chat.post.lobby", `{"v":1,"user":"kitchen","text":" "}`, wire.CodeInvalid, "text is empty"},
		{"chat.post.lobby", `{"v":1,"user":"kitchen","text":"` + strings.Repeat("x", chatwire.MaxText+1) + `"}`, wire.CodeInvalid, "the limit is 4096"},
		{"chat.post.lobby", `{"v":1,"user":"kitchen","text":"` + strings.Repeat("x", wire.MaxMessage) + `"}`, wire.CodeTooLarge, "the limit is 65536"},
		{"chat.post.Lobby", `{"v":1,"user":"kitchen","text":"x"}`, wire.CodeInvalid, "may have a-z"},
	} {
		got := b.request(c.subject, c.data)
		if got.Code != c.code || !strings.Contains(got.Reason, c.reason) || got.Seq != 0 {
			t.Errorf("%.60s is answered with %+v, want %s with %q", c.data, got, c.code, c.reason)
		}
	}
	ada := g.as("ada")
	if j := ada.join("lobby"); len(j.Messages) != 0 {
		t.Errorf("something was stored: %+v", j.Messages)
	}
	// Nobody waits for an answer: the gateway logs the refusal.
	roletest.Must(t, b.NATS.Publish("chat.post.lobby", []byte(`nonsense`)))
	// Nor on a subject that is not for answers.
	roletest.Must(t, b.NATS.PublishMsg(&nats.Msg{Subject: "chat.post.lobby", Reply: "chat.post.lobby", Data: []byte(`{"v":1,"user":"kitchen","text":"loop"}`)}))
	if m := ada.message(); m.Text != "loop" {
		t.Errorf("message: %+v", m)
	}
	g.Drain()
	for _, want := range []string{"nobody waits for an answer", "a request was not answered"} {
		if !strings.Contains(g.Log.String(), want) {
			t.Errorf("the log does not contain %q", want)
		}
	}
}

// Every gateway reports its state.
func TestGatewaysAreListed(t *testing.T) {
	b := newHarness(t)
	one := b.run(chatgw.Config{})
	b.run(chatgw.Config{})
	one.as("ada").join("lobby")
	ctx, cancel := context.WithTimeout(t.Context(), roletest.Patience)
	defer cancel()
	all := map[string]chatwire.GatewayState{}
	err := natsconn.Gather(ctx, b.NATS, chatwire.SubjectGateways, wire.Encode(chatwire.GatewaysRequest{V: 1}), func(m *nats.Msg) bool {
		s, err := wire.Decode[chatwire.GatewayState](m.Data)
		roletest.Must(t, err)
		all[s.Address] = s
		return len(all) < 2
	})
	roletest.Must(t, err)
	if s := all[one.Addr().String()]; len(all) != 2 || s.Connections != 1 || s.People != 1 || s.Rooms != 1 || s.Memberships != 1 || s.Stopping {
		t.Errorf("the gateways report %+v", all)
	}
}

// The service is listed, as all of Parley's are.
func TestServiceIsListed(t *testing.T) {
	b := newHarness(t)
	b.run(chatgw.Config{})
	m, err := b.NATS.Request(txwire.PingSubject("chatgw"), nil, roletest.Patience)
	roletest.Must(t, err)
	var info struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	if err := json.Unmarshal(m.Data, &info); err != nil || info.Name != "chatgw" || info.Version != wire.Release {
		t.Errorf("the service answers %s (%v)", m.Data, err)
	}
}
