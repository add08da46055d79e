package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Version is the version of every message that this build encodes, and the only one
// that it decodes.
const Version = 1

// Error is the refusal of a message by a decoder or a peer, with its code.
type Error struct {
	Code Code
	Text string
}

func (e *Error) Error() string { return e.Text }

// Invalidf returns an error with [CodeInvalid].
func Invalidf(format string, args ...any) error {
	return Errorf(CodeInvalid, format, args...)
}

// Errorf returns an [*Error] with a code.
func Errorf(code Code, format string, args ...any) error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of the [*Error] in err's chain, or [CodeInternal].
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// Form describes a type of message, and has the version of one message.
type Form struct {
	// Name is the name of the message in errors.
	Name    string
	Version int
	// Limit bounds an encoded message, in bytes.
	Limit int
	// Report means that unknown fields are ignored, as in the answers of listings and
	// of status.
	Report bool
}

// Message is the constraint of the types that [Decode] decodes: a pointer to a type
// that describes its messages and checks one.
type Message[T any] interface {
	*T
	Form() Form
	// Check returns an error that names the field, the value and the limit.
	Check() error
}

// Decode decodes one message of type T and checks it. The error is an [*Error]
// that names the message, the field, its value and the limit.
//
// A message is refused if a field is unknown, occurs twice or is named in another
// case, or if a text in it is not Unicode. Reports (the answers of listings and of
// status) may have unknown fields. Payloads and details are passed on byte for byte:
// only their senders and receivers interpret them.
func Decode[T any, M Message[T]](data []byte) (T, error) {
	var v T
	m := M(&v)
	form := m.Form()
	if len(data) > form.Limit {
		return v, &Error{Code: CodeTooLarge, Text: fmt.Sprintf("%s has %d bytes, the limit is %d", form.Name, len(data), form.Limit)}
	}
	if err := unmarshal(data, m, form.Report); err != nil {
		var peek struct {
			V int `json:"v"`
		}
		// A message of a later version probably has unknown fields: its version
		// is then the better explanation.
		if json.Unmarshal(data, &peek) == nil && peek.V != Version {
			return v, versionError(m.Form().Name, peek.V)
		}
		return v, Invalidf("%s is malformed: %v", m.Form().Name, err)
	}
	if m.Form().Version != Version {
		return v, versionError(m.Form().Name, m.Form().Version)
	}
	if err := m.Check(); err != nil {
		return v, Invalidf("%s: %v", m.Form().Name, err)
	}
	return v, nil
}

func versionError(name string, v int) error {
	return &Error{Code: CodeVersion, Text: fmt.Sprintf("%s has version %d, this process speaks version %d", name, v, Version)}
}

func unmarshal(data []byte, into any, isReport bool) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if !isReport {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(into); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("it is empty")
		}
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON object")
	}
	return checkStrict(data, !isReport)
}

// Check returns v if [Decode] would accept it, and the same error otherwise.
func Check[T any, M Message[T]](v T) (T, error) {
	m := M(&v)
	if err := m.Check(); err != nil {
		return v, Invalidf("%s: %v", m.Form().Name, err)
	}
	return v, nil
}

// Encode encodes one message. It panics on a message that [Decode] would refuse:
// that is a bug of the sender.
//
// Payloads and details are passed on unchanged except for the space between their
// tokens: every receiver has the same limit for them, so they must not grow on the
// way, as they would with characters escaped for HTML.
func Encode[T any, M Message[T]](v T) []byte {
	m := M(&v)
	if err := m.Check(); err != nil {
		panic(fmt.Sprintf("wire: encoding %s: %v", m.Form().Name, err))
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		panic(fmt.Sprintf("wire: encoding %s: %v", m.Form().Name, err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
