package frame_test

import (
	"encoding/json"

	"parley/chatgw/frame"
	"parley/idworker/snowflake"
	"parley/wire/chatwire"
)

// sample is one frame as it is written to testdata/<name>.json.
type sample struct {
	name   string
	client bool
	value  frame.FromGateway // a pointer, as the decoders return it
}

// data is the frame as it is written, which sets its type in value.
func (s sample) data() []byte { return frame.EncodeFrame(s.value) }

func (s sample) decode() (any, error) {
	if s.client {
		return frame.DecodeClient(s.data())
	}
	return frame.DecodeGateway(s.data())
}

const (
	epoch = "n5prkukhhc7zjjbk"
	id    = snowflake.ID(3703497466482688)
	at    = 1795481043317
)

var (
	hello   = frame.Message{Seq: 18, Prev: 12, ID: id, At: at, User: "ada", Kind: chatwire.KindText, Text: "Soup is ready & <b>hot</b>", CID: "c-7"}
	arrived = frame.Message{Seq: 19, Prev: 18, ID: id + 1, At: at, User: "grace", Kind: chatwire.KindJoin}
)

// samples has every type of frame at least once, and every field set in at
// least one of them.
func samples() []sample {
	live := hello
	live.Room = "lobby"
	return []sample{
		{"hello", true, &frame.Hello{Name: "ada"}},
		{"hello.token", true, &frame.Hello{Token: "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"}},
		{"join", true, &frame.Join{Ref: 1, Room: "lobby", Epoch: epoch, Since: 17}},
		{"leave", true, &frame.Leave{Room: "lobby"}},
		{"send", true, &frame.Send{Room: "lobby", CID: "c-7", Text: "Soup is ready & <b>hot</b>"}},
		{"history", true, &frame.History{Ref: 2, Room: "lobby", Before: 18, Limit: 50}},
		{"typing", true, &frame.TypingIn{Room: "lobby"}},
		{"extension.client", true, &frame.Extension{Ref: 3, Name: "orders", Body: json.RawMessage(`{"what":"menu"}`)}},

		{"welcome", false, &frame.Welcome{
			User: "ada", Guest: true, Gateway: "k3d5mq2vxw7rz4ta", Release: "0.1.0", Rooms: []string{"lobby"},
			Limits:     frame.Limits{Text: chatwire.MaxText, Rooms: 64, Page: frame.MaxPage, RetryMS: 600_000, PingMS: 25_000},
			Extensions: []string{"orders", "ids"},
		}},
		{"joined", false, &frame.Joined{
			Ref: 1, Room: "lobby", Epoch: epoch, Last: 19, Messages: []frame.Message{hello, arrived}, More: true,
			Write: true, People: []string{"ada", "grace"}, Present: 2,
		}},
		{"joined.recovered", false, &frame.Joined{Ref: 1, Room: "lobby", Epoch: epoch, Last: 19, Recovered: true, Messages: []frame.Message{}, People: []string{}}},
		{"message", false, &live},
		{"ack", false, &frame.Ack{Room: "lobby", CID: "c-7", Seq: 18, ID: id, At: at}},
		{"page", false, &frame.Page{Ref: 2, Room: "lobby", Messages: []frame.Message{hello}, More: true}},
		{"presence", false, &frame.Presence{Room: "lobby", Came: []string{"grace"}, Left: []string{"alan"}, Present: 2}},
		{"typed", false, &frame.Typed{Room: "lobby", User: "grace"}},
		{"error", false, &frame.Error{Ref: 2, Room: "lobby", CID: "c-7", Code: frame.CodeRate, Reason: "more than 5 messages a second", RetryMS: 200}},
		{"bye", false, &frame.Bye{Code: frame.CloseDrain, Reason: "the gateway restarts", RetryMS: 1840}},
		{"extension.gateway", false, &frame.Extension{Ref: 3, Name: "orders", Body: json.RawMessage(`{"v":1,"items":[]}`)}},
	}
}
