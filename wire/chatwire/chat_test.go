package chatwire_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/wire"
	"parley/wire/chatwire"
)

func TestRoomSubjects(t *testing.T) {
	for subject, made := range map[string]string{
		"chat.room.kitchen": chatwire.RoomSubject("kitchen"), "chat.live.kitchen": chatwire.LiveSubject("kitchen"),
		"chat.post.kitchen": chatwire.PostSubject("kitchen"), "chat.typing.kitchen": chatwire.TypingSubject("kitchen"),
	} {
		room, err := chatwire.ParseRoom(subject)
		if made != subject || room != "kitchen" || err != nil {
			t.Errorf("%s: made %s, the room is %q, %v", subject, made, room, err)
		}
	}
	for _, subject := range []string{
		"", "chat", "chat.room.", "chat.room.a.b", "chat.room.*", "chat.room.Kitchen", "chat.room.-a",
		"chat.room." + strings.Repeat("a", chatwire.MaxRoom+1), "chat.presence", "chat.gateways", "tx.room.a",
	} {
		if room, err := chatwire.ParseRoom(subject); err == nil {
			t.Errorf("%q has the room %q", subject, room)
		}
	}
}

// placed are the headers that the broker gives a message it re-sends.
func placed(room string, seq, prev any) map[string][]string {
	return map[string][]string{
		"Nats-Stream": {"CHAT"}, "Nats-Subject": {chatwire.RoomSubject(room)},
		"Nats-Sequence": {fmt.Sprint(seq)}, "Nats-Last-Sequence": {fmt.Sprint(prev)},
	}
}

func TestPlaces(t *testing.T) {
	want := chatwire.Place{Room: "kitchen", Seq: 9, Prev: 4}
	h := placed("kitchen", 9, 4)
	if p, err := chatwire.ParseLive("chat.live.kitchen", h); p != want || err != nil {
		t.Errorf("the place is %+v, %v", p, err)
	}
	// A publisher has set the same headers: they come first.
	for name := range h {
		h[name] = append([]string{"77"}, h[name]...)
	}
	if p, err := chatwire.ParseLive("chat.live.kitchen", h); p != want || err != nil {
		t.Errorf("with forged headers the place is %+v, %v", p, err)
	}
	want.Prev = 0
	if p, err := chatwire.ParseStored(h); p != want || err != nil {
		t.Errorf("read from the stream the place is %+v, %v", p, err)
	}

	for what, refused := range map[string]struct {
		subject string
		header  map[string][]string
	}{
		"no headers":        {"chat.live.kitchen", nil},
		"another room":      {"chat.live.cellar", placed("kitchen", 9, 4)},
		"no room":           {"chat.live.Kitchen", placed("Kitchen", 9, 4)},
		"no number":         {"chat.live.kitchen", placed("kitchen", "x", 4)},
		"number 0":          {"chat.live.kitchen", placed("kitchen", 0, 0)},
		"no previous":       {"chat.live.kitchen", placed("kitchen", 9, "")},
		"previous is later": {"chat.live.kitchen", placed("kitchen", 9, 9)},
		"another stream": {"chat.live.kitchen", map[string][]string{
			"Nats-Stream": {"OTHER"}, "Nats-Subject": {"chat.room.kitchen"}, "Nats-Sequence": {"9"}, "Nats-Last-Sequence": {"4"},
		}},
		"another subject": {"chat.live.kitchen", map[string][]string{
			"Nats-Stream": {"CHAT"}, "Nats-Subject": {"tx.room.kitchen"}, "Nats-Sequence": {"9"}, "Nats-Last-Sequence": {"4"},
		}},
	} {
		if p, err := chatwire.ParseLive(refused.subject, refused.header); err == nil {
			t.Errorf("%s: the place is %+v", what, p)
		}
	}
}

func FuzzParseLive(f *testing.F) {
	f.Add("chat.live.kitchen", "CHAT", "chat.room.kitchen", "9", "4")
	f.Add("chat.live.", "CHAT", "chat.room.", "18446744073709551615", "-1")
	f.Fuzz(func(t *testing.T, subject, stream, stored, seq, prev string) {
		p, err := chatwire.ParseLive(subject, map[string][]string{
			"Nats-Stream": {stream}, "Nats-Subject": {stored}, "Nats-Sequence": {seq}, "Nats-Last-Sequence": {prev},
		})
		if err == nil && (chatwire.LiveSubject(p.Room) != subject || chatwire.RoomSubject(p.Room) != stored || p.Seq == 0 || p.Prev >= p.Seq) {
			t.Fatalf("%q %q %q %q %q is read as %+v", subject, stream, stored, seq, prev, p)
		}
	})
}

func TestPresenceRefuses(t *testing.T) {
	const gateway = "aaaabbbbccccdddd"
	many := strings.TrimSuffix(strings.Repeat(`{"room":"a","user":"b","since":1},`, chatwire.MaxClaims+1), ",")
	for data, part := range map[string]string{
		`{"v":1,"gateway":"x","round":1}`:                                                             "gateway",
		`{"v":1,"gateway":"` + gateway + `","round":1,"part":2,"parts":1}`:                            "part is 2 of 1",
		`{"v":1,"gateway":"` + gateway + `","round":1,"parts":1}`:                                     "part is 0 of 1",
		`{"v":1,"gateway":"` + gateway + `","round":1,"claims":[{"room":"A","user":"b","since":1}]}`:  "claims[0]",
		`{"v":1,"gateway":"` + gateway + `","round":1,"claims":[{"room":"a","user":"","since":1}]}`:   "user is empty",
		`{"v":1,"gateway":"` + gateway + `","round":1,"claims":[{"room":"a","user":"b"}]}`:            "since is 0",
		`{"v":1,"gateway":"` + gateway + `","round":1,"claims":[{"room":"a","user":"b","since":-1}]}`: "since is -1",
		`{"v":1,"gateway":"` + gateway + `","round":1,"claims":[` + many + `]}`:                       "the limit is 256",
	} {
		_, err := wire.Decode[chatwire.Presence]([]byte(data))
		if wire.CodeOf(err) != wire.CodeInvalid || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want an error that names %q", data, err, part)
		}
	}
}

func TestNewTexts(t *testing.T) {
	for _, s := range []string{"a", " . ", "👍", "a\u200bb", "👩\u200d👩\u200d👧", "\u0301"} {
		if err := chatwire.CheckNewText(s); err != nil {
			t.Errorf("%+q: %v", s, err)
		}
	}
	for _, s := range []string{"", " ", "\n", "\u200b", "\u3164", "\u2800 \u2800", "\ufe0f\u200d", "\u00ad"} {
		if chatwire.CheckNewText(s) == nil {
			t.Errorf("%+q is accepted as a new text", s)
		}
	}
	if err := chatwire.CheckText("\u3164"); err != nil {
		t.Errorf("a message stored by an earlier release cannot be read: %v", err)
	}
}
