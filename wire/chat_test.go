package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/wire"
)

func TestRoomSubjects(t *testing.T) {
	for subject, made := range map[string]string{
		"chat.room.kitchen": wire.RoomSubject("kitchen"), "chat.live.kitchen": wire.LiveSubject("kitchen"),
		"chat.post.kitchen": wire.PostSubject("kitchen"), "chat.typing.kitchen": wire.TypingSubject("kitchen"),
	} {
		room, err := wire.ParseRoom(subject)
		if made != subject || room != "kitchen" || err != nil {
			t.Errorf("%s: made %s, the room is %q, %v", subject, made, room, err)
		}
	}
	for _, subject := range []string{
		"", "chat", "chat.room.", "chat.room.a.b", "chat.room.*", "chat.room.Kitchen", "chat.room.-a",
		"chat.room." + strings.Repeat("a", wire.MaxRoom+1), "chat.presence", "chat.gateways", "tx.room.a",
	} {
		if room, err := wire.ParseRoom(subject); err == nil {
			t.Errorf("%q has the room %q", subject, room)
		}
	}
}

// placed are the headers that the broker gives a message it re-sends.
func placed(room string, seq, prev any) map[string][]string {
	return map[string][]string{
		"Nats-Stream": {"CHAT"}, "Nats-Subject": {wire.RoomSubject(room)},
		"Nats-Sequence": {fmt.Sprint(seq)}, "Nats-Last-Sequence": {fmt.Sprint(prev)},
	}
}

func TestPlaces(t *testing.T) {
	want := wire.ChatPlace{Room: "kitchen", Seq: 9, Prev: 4}
	h := placed("kitchen", 9, 4)
	if p, err := wire.ParseLive("chat.live.kitchen", h); p != want || err != nil {
		t.Errorf("the place is %+v, %v", p, err)
	}
	// A publisher has set the same headers: they stand in front.
	for name := range h {
		h[name] = append([]string{"77"}, h[name]...)
	}
	if p, err := wire.ParseLive("chat.live.kitchen", h); p != want || err != nil {
		t.Errorf("with forged headers the place is %+v, %v", p, err)
	}
	want.Prev = 0
	if p, err := wire.ParseStored(h); p != want || err != nil {
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
		if p, err := wire.ParseLive(refused.subject, refused.header); err == nil {
			t.Errorf("%s: the place is %+v", what, p)
		}
	}
}

func FuzzParseLive(f *testing.F) {
	f.Add("chat.live.kitchen", "CHAT", "chat.room.kitchen", "9", "4")
	f.Add("chat.live.", "CHAT", "chat.room.", "18446744073709551615", "-1")
	f.Fuzz(func(t *testing.T, subject, stream, stored, seq, prev string) {
		p, err := wire.ParseLive(subject, map[string][]string{
			"Nats-Stream": {stream}, "Nats-Subject": {stored}, "Nats-Sequence": {seq}, "Nats-Last-Sequence": {prev},
		})
		if err == nil && (wire.LiveSubject(p.Room) != subject || wire.RoomSubject(p.Room) != stored || p.Seq == 0 || p.Prev >= p.Seq) {
			t.Fatalf("%q %q %q %q %q is read as %+v", subject, stream, stored, seq, prev, p)
		}
	})
}

func TestPresenceRefuses(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(`{"room":"a","user":"b","since":1},`, wire.MaxClaims+1), ",")
	for data, part := range map[string]string{
		`{"v":1,"gateway":"x","round":1}`:                                                          "gateway",
		`{"v":1,"gateway":"` + logA + `","round":1,"part":2,"parts":1}`:                            "part is 2 of 1",
		`{"v":1,"gateway":"` + logA + `","round":1,"parts":1}`:                                     "part is 0 of 1",
		`{"v":1,"gateway":"` + logA + `","round":1,"claims":[{"room":"A","user":"b","since":1}]}`:  "claims[0]",
		`{"v":1,"gateway":"` + logA + `","round":1,"claims":[{"room":"a","user":"","since":1}]}`:   "user is empty",
		`{"v":1,"gateway":"` + logA + `","round":1,"claims":[{"room":"a","user":"b"}]}`:            "since is 0",
		`{"v":1,"gateway":"` + logA + `","round":1,"claims":[{"room":"a","user":"b","since":-1}]}`: "since is -1",
		`{"v":1,"gateway":"` + logA + `","round":1,"claims":[` + many + `]}`:                       "the limit is 256",
	} {
		_, err := wire.Decode[wire.ChatPresence]([]byte(data))
		refused(t, err, wire.CodeInvalid, part)
	}
}
