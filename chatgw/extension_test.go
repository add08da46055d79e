package chatgw_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/chatgw"
	"parley/chatgw/frame"
	"parley/internal/lifecycle/roletest"
	"parley/wire"

	"github.com/golang-jwt/jwt/v5"
)

// extension writes a frame of the extension "shop".
func extension(ref int64, body string) []byte {
	return frame.Encode(frame.Extension{Ref: ref, Name: "shop", Body: json.RawMessage(body)})
}

// An extension learns who comes and goes and what they may do, answers each frame, and
// sends unrequested; its mistakes are its own.
func TestExtension(t *testing.T) {
	type what struct{ What string }
	events := make(chan string, 10)
	note := func(event string) func(chatgw.Client) {
		return func(c chatgw.Client) {
			user, guest := c.User()
			events <- fmt.Sprint(event, " ", user, " ", guest)
		}
	}
	shop := chatgw.Extension{Name: "shop", Opened: note("opened"), Closed: note("closed")}
	shop.Handle = func(_ context.Context, c chatgw.Client, r chatgw.Request) error {
		q, err := chatgw.DecodeBody[what](r.Body)
		switch {
		case err != nil:
			return err
		case q.What == "claims":
			return c.Send(r.Ref, map[string]any{"claims": c.Claims()})
		case q.What == "later":
			return c.Go(r, func(context.Context) (any, error) { return "<done>", nil })
		case q.What == "news":
			return chatgw.Broadcast(slices.Values([]chatgw.Client{c, c}), []int{7})
		case q.What == "large":
			return c.Send(r.Ref, strings.Repeat("x", frame.MaxBody))
		default:
			return context.Canceled // an error without a code
		}
	}
	g := newHarness(t).run(chatgw.Config{Guests: chatgw.GuestsYes, Keys: []chatgw.Key{{Secret: secret}}}, shop)
	ada := g.connect()
	token := sign(t, jwt.SigningMethodHS256, "", secret, jwt.MapClaims{"sub": "ada", "exp": soon(), "buys": []string{"tea"}})
	if w := ada.hello(frame.Hello{Token: token}); !slices.Equal(w.Extensions, []string{"shop"}) {
		t.Errorf("the welcome names %q", w.Extensions)
	}
	if e := roletest.Await(t, "ada to be opened", events); e != "opened ada false" {
		t.Errorf("the extension is notified of %q", e)
	}
	for i, c := range []struct{ body, want string }{
		{`{"what":"later"}`, `"<done>"`},
		{`{"what":"claims"}`, `"buys":["tea"]`},
		{`{"what":"large"}`, "internal"},
		{`{"what":"mistake"}`, "internal"},
		{`{"where":"here"}`, "unknown field"},
	} {
		ref := int64(i + 1)
		ada.send(extension(ref, c.body))
		f, err := ada.next()
		roletest.Must(t, err)
		switch f := f.(type) {
		case *frame.Extension:
			var got any
			if f.Ref != ref || f.Name != "shop" || json.Unmarshal(f.Body, &got) != nil || !strings.Contains(string(frame.Encode(*f)), c.want) && got != "<done>" {
				t.Errorf("%s is answered %+v", c.body, f)
			}
		case *frame.Error:
			if f.Ref != ref || !strings.Contains(string(f.Code)+f.Reason, c.want) {
				t.Errorf("%s is refused with %+v", c.body, f)
			}
		default:
			t.Errorf("%s is answered %+v", c.body, f)
		}
	}
	ada.send(extension(0, `{"what":"news"}`))
	for range 2 {
		if f := expect[*frame.Extension](ada); f.Ref != 0 || string(f.Body) != "[7]" {
			t.Errorf("what was sent unasked is %+v", f)
		}
	}
	ada.send(frame.Encode(frame.Extension{Ref: 9, Name: "other", Body: json.RawMessage("1")}))
	if e := expect[*frame.Error](ada); e.Ref != 9 || e.Code != wire.CodeNotFound {
		t.Errorf("an extension that is not there: %+v", e)
	}
	g.as("grace").ws.Close()
	for _, want := range []string{"opened guest-grace true", "closed guest-grace true"} {
		if e := roletest.Await(t, want, events); e != want {
			t.Errorf("the extension is notified of %q, want %q", e, want)
		}
	}
}

// One client cannot have an extension do without end what takes long, and a gateway
// that stops ends it.
func TestExtensionBusy(t *testing.T) {
	release := make(chan struct{})
	shop := chatgw.Extension{Name: "shop", Handle: func(_ context.Context, c chatgw.Client, r chatgw.Request) error {
		return c.Go(r, func(ctx context.Context) (any, error) {
			wait := release
			if r.Ref > 17 {
				wait = nil // until the gateway stops
			}
			select {
			case <-wait:
				return r.Ref, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
	}}
	g := newHarness(t).run(chatgw.Config{}, shop)
	ada := g.as("ada")
	for ref := range int64(17) {
		ada.send(extension(ref+1, "{}"))
	}
	if e := ada.refused(); e.Ref != 17 || e.Code != wire.CodeBusy || e.RetryMS == 0 {
		t.Errorf("the 17th at the same time is refused with %+v", e)
	}
	close(release)
	for range 16 {
		expect[*frame.Extension](ada)
	}
	ada.send(extension(18, "{}"))
	ada.send(extension(19, `{"a":1,"a":2}`))
	if e := ada.refused(); e.Ref != 19 || !strings.Contains(e.Reason, "twice") {
		t.Errorf("a body with a name twice is refused with %+v", e)
	}
	g.Drain()
}
