package chatclient_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"parley/chatgw"
	"parley/chatgw/chatclient"
	"parley/chatgw/frame"
	"parley/internal/lifecycle/roletest"

	"github.com/golang-jwt/jwt/v5"
)

// A gateway that refuses for the moment gets it again, in order.
func TestTooFast(t *testing.T) {
	b := newHarness(t)
	g := b.run(chatgw.Config{MessagesPerSecond: 50, MessagesAtOnce: 3})
	ada := connect(t, g.URL(), "ada", "r")
	texts := numbered("n", 20)
	for _, text := range texts {
		ada.send("r", text)
	}
	ada.flushed()
	ada.receives(texts...)
	b.holds("r", texts...)
	if len(ada.downs) > 0 {
		t.Errorf("closed: %s", <-ada.downs)
	}
}

const secret = "a secret of more than thirty-two bytes"

func token(t testing.TB, until time.Duration, read, write []string) string {
	t.Helper()
	s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "ada", "exp": time.Now().Add(until).Unix(), "read": read, "write": write,
	}).SignedString([]byte(secret))
	roletest.Must(t, err)
	return s
}

// What is not allowed is reported, and holds nothing up.
func TestUnsent(t *testing.T) {
	b := newHarness(t)
	g := b.run(chatgw.Config{Keys: []chatgw.Key{{Secret: []byte(secret)}}})
	ada := connectAs(t, chatclient.Config{URL: g.URL(), Token: token(t, time.Hour, []string{"hall", "home"}, []string{"home"})})
	ada.join("hall")
	ada.join("home")
	ada.send("hall", "may I?")
	ada.send("home", "here I may")
	ada.flushed()
	if why := roletest.Await(t, "the refusal", ada.unsent); !strings.Contains(why, "may I?: ") || !strings.Contains(why, "hall") || !strings.HasSuffix(why, "(unknown false)") {
		t.Error(why)
	}
	ada.receives("here I may")

	roletest.Must(t, ada.Join(t.Context(), "vault"))
	_, early := ada.Send(t.Context(), "vault", "knock") // before the answer, or after it
	if e, ok := roletest.Await(t, "the refusal", ada.others).(*frame.Error); !ok || e.Code != frame.CodeForbidden || e.Room != "vault" {
		t.Errorf("%+v", e)
	}
	ada.flushed()
	if early == nil {
		if why := roletest.Await(t, "the refusal", ada.unsent); !strings.HasPrefix(why, "knock: ") {
			t.Error(why)
		}
	}
	if _, err := ada.Send(t.Context(), "vault", "knock"); err == nil {
		t.Error("sent to a room that cannot be joined")
	}
	if _, err := ada.Send(t.Context(), "nowhere", "hello"); err == nil {
		t.Error("sent to a room that was not joined")
	}
}

// Codes from 4500 end the session; what waits is let go.
func TestEndsForGood(t *testing.T) {
	b := newHarness(t)
	g := b.run(chatgw.Config{Keys: []chatgw.Key{{Secret: []byte(secret)}}})
	bad := connectAs(t, chatclient.Config{URL: g.URL(), Token: "nonsense"})
	err := bad.AwaitEnd()
	if closed, ok := errors.AsType[*chatclient.Closed](err); !ok || closed.Code != frame.CloseToken {
		t.Errorf("a token that is none: %v", err)
	}
	if err := bad.Join(t.Context(), "r"); !errors.Is(err, chatclient.ErrEnded) {
		t.Errorf("after the end: %v", err)
	}
	if err := bad.Flush(t.Context()); !errors.Is(err, chatclient.ErrEnded) {
		t.Errorf("after the end: %v", err)
	}

	// Its time was over 1 s ago, or nearly 2, since tokens count in seconds, of
	// the 5 s that clocks may differ.
	expires := connectAs(t, chatclient.Config{URL: g.URL(), Token: token(t, -time.Second, []string{"*"}, []string{"*"})})
	roletest.Await(t, "the welcome", expires.ups)
	err = expires.AwaitEnd()
	if closed, ok := errors.AsType[*chatclient.Closed](err); !ok || closed.Code != frame.CloseToken || len(expires.downs) > 0 {
		t.Errorf("a token that expires: %v, %d tries to connect again", err, len(expires.downs))
	}
}
