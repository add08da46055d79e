package frame

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"parley/wire"
)

// Malformed is a frame that no correct client sends: not JSON, of no known
// type, with a field that does not exist or of the wrong type. The connection
// ends with [CloseFrame].
type Malformed struct{ Text string }

func (e *Malformed) Error() string { return e.Text }

func malformed(format string, args ...any) error {
	return &Malformed{Text: wire.Clip(fmt.Sprintf(format, args...))}
}

// DecodeClient reads a client's frame. The error is a [*Malformed], or, with
// the frame beside it, a [*wire.Error] about one of its values: that is to be
// answered with [Refuse], and the connection goes on.
func DecodeClient(data []byte) (FromClient, error) {
	if len(data) > MaxFrame {
		return nil, malformed("the frame has %d bytes, the limit is %d", len(data), MaxFrame)
	}
	t, err := TypeOf(data)
	if err != nil {
		return nil, err
	}
	f := newClient(t)
	if f == nil {
		return nil, malformed("%.40q is no type of frame that this gateway knows: a page of another release must be reloaded", t)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(f); err != nil {
		return nil, malformed("%s: %v", t, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed("%s: something follows the JSON object", t)
	}
	if is, _ := f.kind(); *is != t {
		return nil, malformed("the frame has two types, %s and %.40q", t, *is)
	}
	if err := wire.CheckUnicode(data); err != nil {
		return f, err
	}
	if err := f.check(); err != nil {
		return f, wire.Errorf(wire.CodeInvalid, "%s: %v", t, err)
	}
	return f, nil
}

// TypeOf reads the type of a frame alone.
func TypeOf(data []byte) (string, error) {
	var f struct {
		T string `json:"t"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return "", malformed("the frame is not a JSON object: %v", err)
	}
	if f.T == "" {
		return "", malformed("the frame has no type: the field t is missing")
	}
	return f.T, nil
}

func newClient(t string) FromClient {
	switch t {
	case TypeHello:
		return &Hello{}
	case TypeJoin:
		return &Join{}
	case TypeLeave:
		return &Leave{}
	case TypeSend:
		return &Send{}
	case TypeHistory:
		return &History{}
	case TypeTyping:
		return &TypingIn{}
	case TypeExtension:
		return &Extension{}
	}
	return nil
}

// FromGateway is a frame that the gateway sends: a pointer to one of the types
// in server.go, or to an [Extension].
type FromGateway interface{ framed }

// Unknown is a frame of a type that this build does not know; clients skip it.
type Unknown struct {
	T string `json:"t"`
}

// DecodeGateway reads a frame of the gateway, as a client does: fields that it
// does not know are skipped, and of an unknown type only the type is read.
func DecodeGateway(data []byte) (FromGateway, error) {
	t, err := TypeOf(data)
	if err != nil {
		return nil, err
	}
	f := newGateway(t)
	if err := json.Unmarshal(data, f); err != nil {
		return nil, malformed("%s: %v", t, err)
	}
	return f, nil
}

func newGateway(t string) FromGateway {
	switch t {
	case TypeWelcome:
		return &Welcome{}
	case TypeJoined:
		return &Joined{}
	case TypeMessage:
		return &Message{}
	case TypeAck:
		return &Ack{}
	case TypePage:
		return &Page{}
	case TypePresence:
		return &Presence{}
	case TypeTyped:
		return &Typed{}
	case TypeError:
		return &Error{}
	case TypeBye:
		return &Bye{}
	case TypeExtension:
		return &Extension{}
	}
	return &Unknown{}
}
