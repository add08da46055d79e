package frame

import (
	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/chatwire"
)

// Types of frames that the gateway sends.
const (
	TypeWelcome  = "welcome"
	TypeJoined   = "joined"
	TypeMessage  = "message"
	TypeAck      = "ack"
	TypePage     = "page"
	TypePresence = "presence"
	TypeTyped    = "typing"
	TypeError    = "error"
	TypeBye      = "bye"
)

// Welcome answers [Hello].
type Welcome struct {
	T       string `json:"t"`
	User    string `json:"user"`
	Guest   bool   `json:"guest,omitempty"`
	Gateway string `json:"gateway"`
	Release string `json:"release"`
	// Rooms are suggestions to join.
	Rooms  []string `json:"rooms"`
	Limits Limits   `json:"limits"`
	// Extensions are the names of those that the gateway has, see [Extension].
	Extensions []string `json:"extensions,omitempty"`
}

// Limits are what a client needs to know to stay within them.
type Limits struct {
	// Text is a message's longest text in bytes.
	Text int `json:"text"`
	// Rooms is how many rooms one connection may have joined.
	Rooms int `json:"rooms"`
	// Page is the longest page of history.
	Page int `json:"page"`
	// RetryMS is how long a send may be repeated with the same cid.
	RetryMS int64 `json:"retry_ms"`
	// PingMS is how often the gateway pings; a client that receives nothing for
	// twice as long should reconnect.
	PingMS int64 `json:"ping_ms"`
}

// Message is one message of a room, in [Joined] and [Page], and with T and Room
// as a frame of its own.
type Message struct {
	T    string `json:"t,omitempty"`
	Room string `json:"room,omitempty"`
	// Seq is its number, Prev that of the message before it in the room.
	Seq  uint64 `json:"seq"`
	Prev uint64 `json:"prev"`
	// ID is its unique id, and At the id's time in milliseconds since 1970.
	ID   snowflake.ID  `json:"id"`
	At   int64         `json:"at"`
	User string        `json:"user"`
	Kind chatwire.Kind `json:"kind"`
	Text string        `json:"text,omitempty"`
	CID  string        `json:"cid,omitempty"`
}

// Joined answers [Join].
type Joined struct {
	T     string `json:"t"`
	Ref   int64  `json:"ref,omitempty"`
	Room  string `json:"room"`
	Epoch string `json:"epoch"`
	// Last is the number up to which the client now knows the room: that of
	// the last of Messages, or Since.
	Last uint64 `json:"last"`
	// Recovered: Messages are exactly those after Since. Otherwise they are
	// the newest page.
	Recovered bool      `json:"recovered"`
	Messages  []Message `json:"messages"`
	// More: there are older ones than Messages. Not set when recovered.
	More bool `json:"more,omitempty"`
	// Write: the person may send here.
	Write bool `json:"write"`
	// People are those present, at most [MaxPeople], and Present how many.
	People  []string `json:"people"`
	Present int      `json:"present"`
}

// Ack answers [Send]: the message is durable and has its place in the room.
type Ack struct {
	T    string       `json:"t"`
	Room string       `json:"room"`
	CID  string       `json:"cid"`
	Seq  uint64       `json:"seq"`
	ID   snowflake.ID `json:"id"`
	At   int64        `json:"at"`
}

// Page answers [History].
type Page struct {
	T        string    `json:"t"`
	Ref      int64     `json:"ref"`
	Room     string    `json:"room"`
	Messages []Message `json:"messages"`
	More     bool      `json:"more,omitempty"`
}

// Presence reports who came to a room and who left it.
type Presence struct {
	T       string   `json:"t"`
	Room    string   `json:"room"`
	Came    []string `json:"came,omitempty"`
	Left    []string `json:"left,omitempty"`
	Present int      `json:"present"`
}

// Typed reports that somebody is typing.
type Typed struct {
	T    string `json:"t"`
	Room string `json:"room"`
	User string `json:"user"`
}

// Codes of [Error] that only the chat has.
const (
	// CodeForbidden: the person may not do this in this room.
	CodeForbidden wire.Code = "forbidden"
	// CodeRate: too fast; the frame was not acted on, and may be sent again
	// after RetryMS.
	CodeRate wire.Code = "rate"
)

// Error refuses a frame, and keeps the connection. Ref or CID are those of the
// frame it answers.
type Error struct {
	T    string `json:"t"`
	Ref  int64  `json:"ref,omitempty"`
	Room string `json:"room,omitempty"`
	CID  string `json:"cid,omitempty"`
	// Code is as everywhere, or [CodeForbidden] or [CodeRate].
	Code   wire.Code `json:"code"`
	Reason string    `json:"reason"`
	// RetryMS is set if the same frame may succeed later, after that long.
	RetryMS int64 `json:"retry_ms,omitempty"`
}

// Bye is the last frame before the gateway closes; Code is the close code.
type Bye struct {
	T      string `json:"t"`
	Code   int    `json:"code"`
	Reason string `json:"reason"`
	// RetryMS: connect again after that long. Not set: do not.
	RetryMS int64 `json:"retry_ms,omitempty"`
}
