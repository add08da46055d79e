package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Version is the version of every message this build writes, and the only one
// it reads.
const Version = 1

// Error is what a decoder, or a peer, has to say against a message.
type Error struct {
	Code Code
	Text string
}

func (e *Error) Error() string { return e.Text }

// Invalidf is an error with [CodeInvalid].
func Invalidf(format string, args ...any) error {
	return &Error{Code: CodeInvalid, Text: fmt.Sprintf(format, args...)}
}

// CodeOf is the code that err carries, or [CodeInternal].
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// Form is what is the same for every message of a type, and the version of this one.
type Form struct {
	// Name is what errors call it.
	Name    string
	Version int
	// Limit bounds it in bytes.
	Limit int
	// Report: fields that are unknown here are no error, as in the answers of listings
	// and of status.
	Report bool
}

// Message is what [Decode] reads: a pointer to a type that says what its messages
// are, and checks one.
type Message[T any] interface {
	*T
	Form() Form
	// Check returns an error that names the field, the value and the limit.
	Check() error
}

// Decode reads one message of type T and checks it. The error is an [*Error]
// that names the message, the field, its value and the limit.
//
// A message is refused when a field is unknown, stands twice or is named in
// another case, and when a text in it is not Unicode. Reports (the answers of
// listings and of status) may have fields that are unknown here. Payloads and
// details are passed on byte for byte: their senders and receivers decide what
// they may be.
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
		// A message of a later version most likely has fields unknown here:
		// its version is then the better explanation.
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

// Check returns v if [Decode] would take it, and the same error otherwise.
func Check[T any, M Message[T]](v T) (T, error) {
	m := M(&v)
	if err := m.Check(); err != nil {
		return v, Invalidf("%s: %v", m.Form().Name, err)
	}
	return v, nil
}

// Encode writes one message. It panics on a message that [Decode] would
// refuse: the sender has a bug, and the sooner it is seen the better.
//
// Payloads and details are passed on as they are, less the space between their
// tokens: whoever they are passed on to has the same limit for them, so they
// must not grow on the way, as they would with characters escaped for HTML.
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
