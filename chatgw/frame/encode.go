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
	// kind returns where the type is, and which it is.
	kind() (*string, string)
}

// Encode writes a frame of any type. Its field T is set here. It panics on what
// cannot be written in JSON: the body of an [Extension] that is no JSON.
func Encode[T any, F interface {
	*T
	framed
}](v T) []byte {
	return encode(F(&v))
}

// encode sets the type of a frame, makes its lists fit to be written, and writes it.
func encode(f framed) []byte {
	is, word := f.kind()
	*is = word
	if l, ok := f.(interface{ fillLists() }); ok {
		l.fillLists()
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		panic(fmt.Sprintf("frame: encoding %T: %v", f, err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Refuse is the answer to a frame that is not acted on. The code is that of err.
// A retry above zero is the time after which the same frame may succeed.
func Refuse(f FromClient, err error, retry time.Duration) Error {
	e := f.refusal()
	e.Code, e.Reason, e.RetryMS = wire.CodeOf(err), wire.Clip(err.Error()), ceilMS(retry)
	// What the client sent may itself be what is wrong: it comes back only as
	// far as it can be shown.
	e.Room, e.CID = clipped(e.Room, chatwire.MaxRoom), clipped(e.CID, chatwire.MaxCID)
	return e
}

// ceilMS rounds up: a hint of 0 would mean that there is none.
func ceilMS(d time.Duration) int64 { return (d + time.Millisecond - 1).Milliseconds() }

func clipped(s string, limit int) string {
	if len(s) > limit {
		return ""
	}
	return s
}

func (f *Hello) kind() (*string, string)     { return &f.T, TypeHello }
func (f *Join) kind() (*string, string)      { return &f.T, TypeJoin }
func (f *Leave) kind() (*string, string)     { return &f.T, TypeLeave }
func (f *Send) kind() (*string, string)      { return &f.T, TypeSend }
func (f *History) kind() (*string, string)   { return &f.T, TypeHistory }
func (f *TypingIn) kind() (*string, string)  { return &f.T, TypeTyping }
func (f *Welcome) kind() (*string, string)   { return &f.T, TypeWelcome }
func (f *Joined) kind() (*string, string)    { return &f.T, TypeJoined }
func (f *Message) kind() (*string, string)   { return &f.T, TypeMessage }
func (f *Ack) kind() (*string, string)       { return &f.T, TypeAck }
func (f *Page) kind() (*string, string)      { return &f.T, TypePage }
func (f *Presence) kind() (*string, string)  { return &f.T, TypePresence }
func (f *Typed) kind() (*string, string)     { return &f.T, TypeTyped }
func (f *Error) kind() (*string, string)     { return &f.T, TypeError }
func (f *Bye) kind() (*string, string)       { return &f.T, TypeBye }
func (f *Extension) kind() (*string, string) { return &f.T, TypeExtension }
func (f *Unknown) kind() (*string, string)   { return &f.T, f.T }

// Lists that are missing become empty: clients see [] and never null.
func (f *Welcome) fillLists() { f.Rooms = list(f.Rooms) }
func (f *Page) fillLists()    { f.Messages = list(f.Messages) }
func (f *Joined) fillLists()  { f.Messages, f.People = list(f.Messages), list(f.People) }

func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
