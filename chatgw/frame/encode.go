package frame

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"parley/wire"
	"parley/wire/chatwire"
)

// framed is what every frame can do, as a pointer.
type framed interface {
	// word is the type that was read or set.
	word() string
	// fill sets the type, and makes lists that are missing empty: clients see
	// [] and never null.
	fill()
}

// Encode writes a frame of any type. Its field T is set here. It panics on what
// cannot be written in JSON: only [Answer] and [Outcome] could hold that, and
// they hold what came out of JSON.
func Encode[T any, F interface {
	*T
	framed
}](v T) []byte {
	F(&v).fill()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("frame: encoding %T: %v", v, err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Refuse is the answer to a frame that is not acted on. The code is that of err.
// A retry above zero says when the same frame may succeed.
func Refuse(f FromClient, err error, retry time.Duration) Error {
	e := f.refusal()
	e.Code, e.Reason, e.RetryMS = wire.CodeOf(err), wire.Clip(err.Error()), ceilMS(retry)
	// What the client sent may itself be what is wrong: it comes back only as
	// far as it can be shown.
	e.Room, e.CID = clipped(e.Room, chatwire.MaxRoom), clipped(e.CID, chatwire.MaxCID)
	return e
}

// ceilMS rounds up: a hint of 0 would say that there is none.
func ceilMS(d time.Duration) int64 { return (d + time.Millisecond - 1).Milliseconds() }

func clipped(s string, limit int) string {
	if len(s) > limit {
		return ""
	}
	return s
}

func (f *Hello) word() string    { return f.T }
func (f *Join) word() string     { return f.T }
func (f *Leave) word() string    { return f.T }
func (f *Send) word() string     { return f.T }
func (f *History) word() string  { return f.T }
func (f *TypingIn) word() string { return f.T }
func (f *Ask) word() string      { return f.T }
func (f *Order) word() string    { return f.T }
func (f *Watch) word() string    { return f.T }
func (f *Stage) word() string    { return f.T }
func (f *Welcome) word() string  { return f.T }
func (f *Joined) word() string   { return f.T }
func (f *Message) word() string  { return f.T }
func (f *Ack) word() string      { return f.T }
func (f *Page) word() string     { return f.T }
func (f *Presence) word() string { return f.T }
func (f *Typed) word() string    { return f.T }
func (f *Error) word() string    { return f.T }
func (f *Bye) word() string      { return f.T }
func (f *Answer) word() string   { return f.T }
func (f *Outcome) word() string  { return f.T }
func (f *Tx) word() string       { return f.T }
func (f *Unknown) word() string  { return f.T }

func (f *Hello) fill()    { f.T = TypeHello }
func (f *Join) fill()     { f.T = TypeJoin }
func (f *Leave) fill()    { f.T = TypeLeave }
func (f *Send) fill()     { f.T = TypeSend }
func (f *History) fill()  { f.T = TypeHistory }
func (f *TypingIn) fill() { f.T = TypeTyping }
func (f *Ask) fill()      { f.T = TypeAsk }
func (f *Order) fill()    { f.T = TypeOrder }
func (f *Watch) fill()    { f.T = TypeWatch }
func (f *Stage) fill()    { f.T = TypeStage }
func (f *Message) fill()  { f.T = TypeMessage }
func (f *Ack) fill()      { f.T = TypeAck }
func (f *Presence) fill() { f.T = TypePresence }
func (f *Typed) fill()    { f.T = TypeTyped }
func (f *Error) fill()    { f.T = TypeError }
func (f *Bye) fill()      { f.T = TypeBye }
func (f *Answer) fill()   { f.T = TypeAnswer }
func (f *Outcome) fill()  { f.T = TypeOutcome }
func (f *Unknown) fill()  {}

func (f *Welcome) fill() { f.T, f.Rooms = TypeWelcome, list(f.Rooms) }
func (f *Page) fill()    { f.T, f.Messages = TypePage, list(f.Messages) }
func (f *Tx) fill()      { f.T, f.Events = TypeTx, list(f.Events) }

func (f *Joined) fill() {
	f.T, f.Messages, f.People = TypeJoined, list(f.Messages), list(f.People)
}

func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
