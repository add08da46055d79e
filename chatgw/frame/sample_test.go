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
	value  any // a pointer, as the decoders return it
	data   []byte
	client bool
}

func fromClient[T any, F interface {
	*T
	frame.FromClient
}](name string, v T) sample {
	data := frame.Encode[T, F](v)
	return sample{name: name, value: typed[T, F](v), data: data, client: true}
}

func fromGateway[T any, F interface {
	*T
	frame.FromGateway
}](name string, v T) sample {
	return sample{name: name, value: typed[T, F](v), data: frame.Encode[T, F](v)}
}

// typed is v as it is read again: with its type set.
func typed[T any, F frame.FromGateway](v T) any {
	p := any(&v)
	frame.Fill(p.(F))
	return p
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
		fromClient("hello", frame.Hello{Name: "ada"}),
		fromClient("hello.token", frame.Hello{Token: "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"}),
		fromClient("join", frame.Join{Ref: 1, Room: "lobby", Epoch: epoch, Since: 17}),
		fromClient("leave", frame.Leave{Room: "lobby"}),
		fromClient("send", frame.Send{Room: "lobby", CID: "c-7", Text: "Soup is ready & <b>hot</b>"}),
		fromClient("history", frame.History{Ref: 2, Room: "lobby", Before: 18, Limit: 50}),
		fromClient("typing", frame.TypingIn{Room: "lobby"}),
		fromClient("extension.client", frame.Extension{Ref: 3, Name: "orders", Body: json.RawMessage(`{"what":"menu"}`)}),

		fromGateway("welcome", frame.Welcome{
			User: "ada", Guest: true, Gateway: "k3d5mq2vxw7rz4ta", Release: "0.1.0", Rooms: []string{"lobby"},
			Limits:     frame.Limits{Text: chatwire.MaxText, Rooms: 64, Page: frame.MaxPage, RetryMS: 600_000, PingMS: 25_000},
			Extensions: []string{"orders", "ids"},
		}),
		fromGateway("joined", frame.Joined{
			Ref: 1, Room: "lobby", Epoch: epoch, Last: 19, Messages: []frame.Message{hello, arrived}, More: true,
			Write: true, People: []string{"ada", "grace"}, Present: 2,
		}),
		fromGateway("joined.recovered", frame.Joined{Ref: 1, Room: "lobby", Epoch: epoch, Last: 19, Recovered: true, Messages: []frame.Message{}, People: []string{}}),
		fromGateway("message", live),
		fromGateway("ack", frame.Ack{Room: "lobby", CID: "c-7", Seq: 18, ID: id, At: at}),
		fromGateway("page", frame.Page{Ref: 2, Room: "lobby", Messages: []frame.Message{hello}, More: true}),
		fromGateway("presence", frame.Presence{Room: "lobby", Came: []string{"grace"}, Left: []string{"alan"}, Present: 2}),
		fromGateway("typed", frame.Typed{Room: "lobby", User: "grace"}),
		fromGateway("error", frame.Error{Ref: 2, Room: "lobby", CID: "c-7", Code: frame.CodeRate, Reason: "more than 5 messages a second", RetryMS: 200}),
		fromGateway("bye", frame.Bye{Code: frame.CloseDrain, Reason: "the gateway restarts", RetryMS: 1840}),
		fromGateway("extension.gateway", frame.Extension{Ref: 3, Name: "orders", Body: json.RawMessage(`{"v":1,"items":[]}`)}),
	}
}

func decode(s sample) (any, error) {
	if s.client {
		return frame.DecodeClient(s.data)
	}
	return frame.DecodeGateway(s.data)
}
