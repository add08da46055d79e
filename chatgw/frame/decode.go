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
	newFrame := clientFrames[t]
	if newFrame == nil {
		return nil, malformed("%.40q is no type of frame that this gateway knows: a page of another release must be reloaded", t)
	}
	f := newFrame()
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

// clientFrames make the frames of a client by their types.
var clientFrames = map[string]func() FromClient{
	TypeHello:     func() FromClient { return &Hello{} },
	TypeJoin:      func() FromClient { return &Join{} },
	TypeLeave:     func() FromClient { return &Leave{} },
	TypeSend:      func() FromClient { return &Send{} },
	TypeHistory:   func() FromClient { return &History{} },
	TypeTyping:    func() FromClient { return &TypingIn{} },
	TypeExtension: func() FromClient { return &Extension{} },
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
	var f FromGateway = &Unknown{}
	if newFrame := gatewayFrames[t]; newFrame != nil {
		f = newFrame()
	}
	if err := json.Unmarshal(data, f); err != nil {
		return nil, malformed("%s: %v", t, err)
	}
	return f, nil
}

// gatewayFrames make the frames of a gateway by their types.
var gatewayFrames = map[string]func() FromGateway{
	TypeWelcome:   func() FromGateway { return &Welcome{} },
	TypeJoined:    func() FromGateway { return &Joined{} },
	TypeMessage:   func() FromGateway { return &Message{} },
	TypeAck:       func() FromGateway { return &Ack{} },
	TypePage:      func() FromGateway { return &Page{} },
	TypePresence:  func() FromGateway { return &Presence{} },
	TypeTyped:     func() FromGateway { return &Typed{} },
	TypeError:     func() FromGateway { return &Error{} },
	TypeBye:       func() FromGateway { return &Bye{} },
	TypeExtension: func() FromGateway { return &Extension{} },
}
