package frame_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/chatgw/frame"
	"parley/wire"
	"parley/wire/chatwire"
)

// What no correct client sends ends the connection.
func TestMalformed(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{``, "not a JSON object"},
		{`hello`, "not a JSON object"},
		{`[]`, "not a JSON object"},
		{`"hello"`, "not a JSON object"},
		{`null`, "the field t is missing"},
		{`{}`, "the field t is missing"},
		{`{"t":7}`, "not a JSON object"},
		{`{"t":"welcome"}`, `"welcome" is no type of frame`},
		{`{"t":"join","room":"lobby","size":7}`, `join: json: unknown field "size"`},
		{`{"t":"join","room":7}`, "join: json: cannot unmarshal number"},
		{`{"t":"join","room":"lobby","since":-1}`, "join: json: cannot unmarshal number -1"},
		{`{"t":"join","room":"lobby"} {"t":"leave"}`, "not a JSON object"},
		{`{"t":"send","text":"` + strings.Repeat("a", frame.MaxFrame) + `"}`, "the limit is"},
	} {
		f, err := frame.DecodeClient([]byte(c.data))
		if e, ok := errors.AsType[*frame.Malformed](err); !ok || !strings.Contains(e.Text, c.want) {
			t.Errorf("%.80s: %T %v, want *Malformed with %q", c.data, err, err, c.want)
		}
		if f != nil {
			t.Errorf("%.80s: a malformed frame is returned as %#v", c.data, f)
		}
	}
}

// What requests too much is answered, with the ref or cid of the question.
func TestRefused(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for _, c := range []struct{ data, want string }{
		{`{"t":"hello"}`, "name and token are missing"},
		{`{"t":"hello","name":"ada","token":"x"}`, "both set"},
		{`{"t":"hello","name":"ada lovelace"}`, "at byte 3"},
		{`{"t":"hello","token":"` + strings.Repeat("x", frame.MaxToken+1) + `"}`, "token has 8193 bytes, the limit is 8192"},
		{`{"t":"join"}`, "room is empty"},
		{`{"t":"join","room":"Lobby"}`, "may have a-z"},
		{`{"t":"join","room":"lobby","since":3}`, "without an epoch"},
		{`{"t":"join","room":"lobby","epoch":"x","since":3}`, `epoch "x"`},
		{`{"t":"join","room":"lobby","epoch":"` + epoch + `","since":9007199254740992}`, "since is 9007199254740992"},
		{`{"t":"join","room":"lobby","ref":-1}`, "ref is -1"},
		{`{"t":"leave","room":"a.b"}`, "may have a-z"},
		{`{"t":"send","room":"lobby","text":"x"}`, "cid is missing"},
		{`{"t":"send","room":"lobby","cid":"a b","text":"x"}`, "printable ASCII"},
		{`{"t":"send","room":"lobby","cid":"` + long + `","text":"x"}`, "cid has 5000 bytes"},
		{`{"t":"send","room":"lobby","cid":"c","text":" "}`, "text is empty"},
		{`{"t":"send","room":"lobby","cid":"c","text":"` + long + `"}`, "text has 5000 bytes, the limit is 4096"},
		{`{"t":"send","room":"lobby","cid":"c","text":"\u0007"}`, "control character"},
		{`{"t":"send","room":"lobby","cid":"c","text":"\ud83d"}`, "half of a surrogate pair"},
		{`{"t":"history","room":"lobby"}`, "ref is 0, allowed is 1"},
		{`{"t":"history","ref":1,"room":"lobby","limit":101}`, "limit is 101, allowed is 0 to 100"},
		{`{"t":"typing","room":""}`, "room is empty"},
		{`{"t":"extension","name":"orders"}`, "body is missing"},
		{`{"t":"extension","name":"Orders","body":1}`, `name is "Orders"`},
		{`{"t":"extension","name":"` + long + `","body":1}`, "1 to 32 bytes"},
		{`{"t":"extension","ref":-1,"name":"orders","body":1}`, "ref is -1"},
		{`{"t":"extension","name":"orders","body":{"a":[{"b":1,"c":2,"b":3}]}}`, `the field "b" twice`},
		{`{"t":"extension","name":"orders","body":{"a":1,"\u0061":2}}`, `the field "a" twice`},
		{`{"t":"extension","name":"orders","body":"\ud83d"}`, "half of a surrogate pair"},
	} {
		f, err := frame.DecodeClient([]byte(c.data))
		e, ok := errors.AsType[*wire.Error](err)
		if !ok || !strings.Contains(e.Text, c.want) || e.Code != wire.CodeInvalid {
			t.Errorf("%.80s: %T %v, want *wire.Error with %q", c.data, err, err, c.want)
			continue
		}
		if f == nil {
			t.Errorf("%.80s: no frame is returned beside the error", c.data)
		}
	}
}

func TestRefuse(t *testing.T) {
	f, err := frame.DecodeClient([]byte(`{"t":"send","room":"lobby","cid":"c-7","text":""}`))
	if err == nil {
		t.Fatal("a send without text is accepted")
	}
	got := frame.Refuse(f, err, 1500*time.Millisecond)
	want := frame.Error{Room: "lobby", CID: "c-7", Code: wire.CodeInvalid, Reason: "send: text is empty", RetryMS: 1500}
	if got != want {
		t.Errorf("the answer is %+v, want %+v", got, want)
	}
	// What is wrong with a frame is not repeated at length.
	long := strings.Repeat("x", 3000)
	f, err = frame.DecodeClient([]byte(`{"t":"send","room":"` + long + `","cid":"` + long + `","text":"x"}`))
	if got := frame.Encode(frame.Refuse(f, err, 0)); len(got) > 1000 {
		t.Errorf("the answer has %d bytes: %s", len(got), got)
	}
}

// The longest text fits into a frame however it is escaped.
func TestLongestText(t *testing.T) {
	var text strings.Builder
	for range chatwire.MaxText {
		text.WriteString(`\u0041`)
	}
	data := fmt.Sprintf(`{"t":"send","room":"%s","cid":"%s","text":"%s"}`,
		strings.Repeat("r", chatwire.MaxRoom), strings.Repeat("c", chatwire.MaxCID), text.String())
	if _, err := frame.DecodeClient([]byte(data)); err != nil {
		t.Errorf("a frame of %d bytes: %v", len(data), err)
	}
}

// A later gateway may send fields and frames that this client does not know.
func TestClientsSkipWhatIsNew(t *testing.T) {
	f, err := frame.DecodeGateway([]byte(`{"t":"ack","room":"lobby","cid":"c","seq":3,"id":"7","at":1,"new":{"a":[1]}}`))
	if a, ok := f.(*frame.Ack); err != nil || !ok || a.Seq != 3 {
		t.Errorf("read %#v, %v", f, err)
	}
	f, err = frame.DecodeGateway([]byte(`{"t":"confetti","amount":7}`))
	if u, ok := f.(*frame.Unknown); err != nil || !ok || u.T != "confetti" {
		t.Errorf("read %#v, %v", f, err)
	}
}

func TestListsAreNeverNull(t *testing.T) {
	for _, data := range [][]byte{
		frame.Encode(frame.Welcome{}), frame.Encode(frame.Joined{}), frame.Encode(frame.Page{}),
	} {
		if strings.Contains(string(data), "null") {
			t.Errorf("null in %s", data)
		}
	}
}

func TestReconnect(t *testing.T) {
	for code, want := range map[int]bool{
		1000: false, 1001: true, 1002: false, 1003: false, 1006: true, 1007: false, 1009: false, 1011: true, 1012: true, 1013: true,
		frame.CloseDrain: true, frame.CloseSlow: true, frame.CloseRate: true, frame.CloseFull: true, frame.CloseSilent: true, frame.CloseLost: true,
		frame.CloseHello: false, frame.CloseToken: false, frame.CloseFrame: false, frame.CloseFlood: false,
	} {
		if got := frame.Reconnect(code); got != want {
			t.Errorf("reconnect after %d: %v, want %v", code, got, want)
		}
	}
}
