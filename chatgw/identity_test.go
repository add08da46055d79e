package chatgw_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"net"
	"strings"
	"testing"
	"time"

	"parley/internal/lifecycle/roletest"

	"parley/chatgw"
	"parley/chatgw/chattest"
	"parley/chatgw/frame"

	"github.com/golang-jwt/jwt/v5"
)

var (
	secret      = []byte("a secret of at least thirty-two bytes")
	otherSecret = []byte("another secret that is as long as the first")
)

// sign makes a token.
func sign(t testing.TB, method jwt.SigningMethod, kid string, key any, claims jwt.MapClaims, critical ...string) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	for _, header := range critical { // extensions that must be understood
		token.Header["crit"], token.Header[header] = critical, true
	}
	if kid != "" {
		token.Header["kid"] = kid
	}
	s, err := token.SignedString(key)
	roletest.Must(t, err)
	return s
}

func soon() int64 { return time.Now().Add(time.Hour).Unix() }

func TestTokens(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	roletest.Must(t, err)
	_, stranger, err := ed25519.GenerateKey(nil)
	roletest.Must(t, err)
	g := newHarness(t).run(chatgw.Config{
		Issuer: "shop", Audience: "chat",
		Keys: []chatgw.Key{{ID: "2026", Public: public}, {ID: "old", Secret: secret}},
	})
	good := func() jwt.MapClaims {
		return jwt.MapClaims{"sub": "ada", "exp": soon(), "iss": "shop", "aud": "chat", "write": []string{"*"}}
	}
	with := func(key string, value any) jwt.MapClaims {
		c := good()
		if c[key] = value; value == nil {
			delete(c, key)
		}
		return c
	}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"ada","exp":9999999999,"iss":"shop","aud":"chat"}`)) + "."
	for _, c := range []struct {
		name, token, want string // empty: it is good
	}{
		{"EdDSA", sign(t, jwt.SigningMethodEdDSA, "2026", private, good()), ""},
		{"HS256", sign(t, jwt.SigningMethodHS256, "old", secret, good()), ""},
		{"without kid", sign(t, jwt.SigningMethodHS256, "", secret, good()), ""},
		{"several audiences", sign(t, jwt.SigningMethodHS256, "", secret, with("aud", []string{"shop", "chat"})), ""},
		{"another secret", sign(t, jwt.SigningMethodHS256, "old", otherSecret, good()), "signature"},
		{"another key", sign(t, jwt.SigningMethodEdDSA, "2026", stranger, good()), "signature"},
		{"an unknown kid", sign(t, jwt.SigningMethodHS256, "2027", secret, good()), "unverifiable"},
		{"the public key as a secret", sign(t, jwt.SigningMethodHS256, "2026", []byte(public), good()), "unverifiable"},
		{"the public key as a secret, without kid", sign(t, jwt.SigningMethodHS256, "", []byte(public), good()), "signature"},
		{"HS384", sign(t, jwt.SigningMethodHS384, "old", secret, good()), "not valid"},
		{"none", none, "not valid"},
		{"garbage", "garbage", "malformed"},
		{"expired", sign(t, jwt.SigningMethodHS256, "old", secret, with("exp", time.Now().Add(-time.Minute).Unix())), "expired"},
		{"without an end", sign(t, jwt.SigningMethodHS256, "old", secret, with("exp", nil)), "required claim"},
		{"not yet", sign(t, jwt.SigningMethodHS256, "old", secret, with("nbf", soon())), "not valid yet"},
		{"issued in the future", sign(t, jwt.SigningMethodHS256, "old", secret, with("iat", soon())), "before issued"},
		{"issued just now", sign(t, jwt.SigningMethodHS256, "old", secret, with("iat", time.Now().Add(time.Second).Unix())), ""},
		{"an end in milliseconds", sign(t, jwt.SigningMethodHS256, "old", secret, with("exp", time.Now().Add(time.Hour).UnixMilli())), "milliseconds"},
		{"an end in the year 9999", sign(t, jwt.SigningMethodHS256, "old", secret, with("exp", 253402300799)), ""},
		{"a critical extension", sign(t, jwt.SigningMethodHS256, "old", secret, good(), "b64"), "crit"},
		{"another issuer", sign(t, jwt.SigningMethodHS256, "old", secret, with("iss", "thief")), "issuer"},
		{"another audience", sign(t, jwt.SigningMethodHS256, "old", secret, with("aud", "mail")), "audience"},
		{"nobody", sign(t, jwt.SigningMethodHS256, "old", secret, with("sub", "")), "sub"},
		{"a name that is none", sign(t, jwt.SigningMethodHS256, "old", secret, with("sub", "a b")), "sub"},
		{"a guest's name", sign(t, jwt.SigningMethodHS256, "old", secret, with("sub", "guest-ada")), "those of guests"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := g.with(t).connect()
			b.send(frame.Encode(frame.Hello{Token: c.token}))
			if c.want != "" {
				if bye := b.ends(frame.CloseToken); !strings.Contains(bye.Reason, c.want) {
					t.Errorf("the reason is %q, want %q", bye.Reason, c.want)
				}
				return
			}
			if w := expect[*frame.Welcome](b); w.User != "ada" || w.Guest {
				t.Errorf("welcome: %+v", w)
			}
		})
	}
	t.Run("a guest", func(t *testing.T) {
		b := g.with(t).connect()
		b.send(frame.Encode(frame.Hello{Name: "ada"}))
		b.ends(frame.CloseToken)
	})
	// Nothing of a token is ever logged.
	if log := g.Log.String(); strings.Contains(log, "eyJ") {
		t.Errorf("the log has a token:\n%s", log)
	}
}

// A token grants rooms for reading and for writing separately.
func TestPermissions(t *testing.T) {
	g := newHarness(t).run(chatgw.Config{Keys: []chatgw.Key{{Secret: secret}}})
	b := g.connect()
	b.hello(frame.Hello{Token: sign(t, jwt.SigningMethodHS256, "", secret, jwt.MapClaims{
		"sub": "ada", "exp": soon(), "read": []string{"news", "pub*"}, "write": []string{"lobby", "team-*"},
	})})
	// request sends a frame. What is not allowed is refused.
	request := func(allowed bool, f []byte, refused frame.Error) bool {
		b.send(f)
		if allowed {
			return true
		}
		e := *expect[*frame.Error](b)
		e.T, e.Reason = "", ""
		if refused.Code = frame.CodeForbidden; e != refused {
			t.Errorf("%s is refused with %+v, want %+v", f, e, refused)
		}
		return false
	}
	for room, may := range map[string]struct{ read, write bool }{
		"lobby": {true, true}, "team-a": {true, true}, "news": {true, false}, "public": {true, false},
		"team": {false, false}, "newspaper": {false, false}, "staff": {false, false},
	} {
		if request(may.read, frame.Encode(frame.Join{Ref: 1, Room: room}), frame.Error{Ref: 1, Room: room}) {
			if j := expect[*frame.Joined](b); j.Write != may.write {
				t.Errorf("%s: write is %v, want %v", room, j.Write, may.write)
			}
		}
		if request(may.read, frame.Encode(frame.History{Ref: 2, Room: room}), frame.Error{Ref: 2, Room: room}) {
			expect[*frame.Page](b)
		}
		b.send(frame.Encode(frame.Leave{Room: room}))
		request(may.write, frame.Encode(frame.TypingIn{Room: room}), frame.Error{Room: room})
		if request(may.write, frame.Encode(frame.Send{Room: room, CID: "c", Text: "x"}), frame.Error{Room: room, CID: "c"}) {
			b.acked("c")
		}
	}
}

// A connection ends with its token.
func TestTokenExpires(t *testing.T) {
	g := newHarness(t).run(chatgw.Config{Keys: []chatgw.Key{{Secret: secret}}})
	b := g.connect()
	b.hello(frame.Hello{Token: sign(t, jwt.SigningMethodHS256, "", secret, jwt.MapClaims{
		"sub": "ada", "exp": time.Now().Add(2 * time.Second).Unix(), "write": []string{"*"},
	})})
	if bye := b.ends(frame.CloseToken); !strings.Contains(bye.Reason, "expired") {
		t.Errorf("bye: %+v", bye)
	}
}

func TestGuests(t *testing.T) {
	harness := newHarness(t)
	everywhere := net.JoinHostPort("", "0")
	key := []chatgw.Key{{Secret: secret}}
	for _, c := range []struct {
		name string
		cfg  chatgw.Config
		user string // empty: not let in
	}{
		{"on this machine", chatgw.Config{}, "ada"},
		{"everywhere", chatgw.Config{Listen: everywhere}, ""},
		{"everywhere, wanted", chatgw.Config{Listen: everywhere, Guests: chatgw.GuestsYes}, "ada"},
		{"on this machine, with keys", chatgw.Config{Keys: key}, ""},
		{"with keys, wanted", chatgw.Config{Keys: key, Guests: chatgw.GuestsYes}, "guest-ada"},
		{"not wanted", chatgw.Config{Keys: key, Guests: chatgw.GuestsNo}, ""},
	} {
		g := harness.run(c.cfg)
		b := g.connect()
		b.send(frame.Encode(frame.Hello{Name: "ada"}))
		if c.user == "" {
			b.ends(frame.CloseToken)
		} else if w := expect[*frame.Welcome](b); w.User != c.user || !w.Guest {
			t.Errorf("%s: welcome %+v", c.name, w)
		}
		b.ws.Close()
		g.Drain()
	}
}

// A name is one person however it is written, and is something to see.
func TestNames(t *testing.T) {
	g := newHarness(t).run(chatgw.Config{})
	for sent, want := range map[string]string{"Jose\u0301": "Jos\u00e9", "हिन्दी": "हिन्दी", "\u1112\u1161\u11ab": "\ud55c"} {
		b := g.connect()
		if w := b.hello(frame.Hello{Name: sent}); w.User != want {
			t.Errorf("%+q comes as %+q, want %+q", sent, w.User, want)
		}
		b.ws.Close()
	}
	for _, sent := range []string{"\u3164", "ada\u3164", "\u0301a", "ad\ufe0fa"} {
		b := g.connect()
		b.send([]byte(`{"t":"hello","name":"` + sent + `"}`))
		if bye := b.ends(frame.CloseHello); !strings.Contains(bye.Reason, "user ") {
			t.Errorf("%+q is refused without a reason", sent)
		}
		b.ws.Close()
	}
}

// What is wrong with a configuration is refused, and what an embedded gateway cannot know,
// such as whether it listens on loopback only, is not guessed.
func TestConfig(t *testing.T) {
	handle := func(context.Context, chatgw.Client, chatgw.Request) error { return nil }
	for _, c := range []struct {
		cfg        chatgw.Config
		want       string
		extensions []chatgw.Extension
	}{
		{chatgw.Config{Guests: "some"}, `Guests is "some"`, nil},
		{chatgw.Config{Guests: chatgw.GuestsNo}, "nobody could come in", nil},
		{chatgw.Config{Keys: []chatgw.Key{{ID: "a"}}}, `key "a" needs either a secret or a public key`, nil},
		{chatgw.Config{Keys: []chatgw.Key{{Secret: []byte("short")}}}, "at least 32 are needed", nil},
		{chatgw.Config{Keys: []chatgw.Key{{Secret: make([]byte, 64)}}}, "easy to guess", nil},
		{chatgw.Config{Keys: []chatgw.Key{{Secret: bytes.Repeat([]byte("secret"), 8)}}}, "easy to guess", nil},
		{chatgw.Config{Keys: []chatgw.Key{{Public: make([]byte, 32)}}}, "everybody can sign", nil},
		{chatgw.Config{Keys: []chatgw.Key{{Public: append([]byte{1}, make([]byte, 31)...)}}}, "everybody can sign", nil},
		{chatgw.Config{Keys: []chatgw.Key{{Public: []byte("short")}}}, "an Ed25519 key has 32", nil},
		{chatgw.Config{Suggested: []string{"No"}}, "Suggested: room", nil},
		{chatgw.Config{Rooms: -1}, "Rooms is -1", nil},
		{chatgw.Config{MessagesPerSecond: -1}, "MessagesPerSecond is -1", nil},
		{chatgw.Config{DrainTimeout: -1}, "DrainTimeout is -1ns", nil},
		{chatgw.Config{Embedded: true}, "nobody could come in", nil},
		{chatgw.Config{Embedded: true, Guests: chatgw.GuestsYes, Listen: "127.0.0.1:0"}, "the caller's server", nil},
		{chatgw.Config{Embedded: true, Guests: chatgw.GuestsYes, Metrics: "127.0.0.1:9000"}, `Metrics "127.0.0.1:9000`, nil},
		{chatgw.Config{}, "name is", []chatgw.Extension{{Name: "No Name", Handle: handle}}},
		{chatgw.Config{}, "two", []chatgw.Extension{{Name: "a", Handle: handle}, {Name: "a", Handle: handle}}},
		{chatgw.Config{}, "has no Handle", []chatgw.Extension{{Name: "a"}}},
	} {
		if _, err := chatgw.New(c.cfg, chatgw.Deps{NATS: offline(t), NextID: new(chattest.IDs).Next, Extensions: c.extensions}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.cfg, err, c.want)
		}
	}
	if _, err := chatgw.New(chatgw.Config{}, chatgw.Deps{}); err == nil {
		t.Error("a gateway without a connection is made")
	}
}
