package frame

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// TypeExtension is the type of [Extension], in both directions.
const TypeExtension = "extension"

// Extension carries what is no matter of the chat: frames of an application that
// shares the connection, in both directions. [Welcome] names the extensions of a
// gateway. The chat passes Body on without reading it.
type Extension struct {
	T string `json:"t"`
	// Ref is chosen by the client; the answer has the same one. Without it there
	// is no answer unless the frame is refused.
	Ref  int64  `json:"ref,omitempty"`
	Name string `json:"name"`
	// Body is any JSON value in which no object has a name twice.
	Body json.RawMessage `json:"body"`
}

func (f *Extension) check() error {
	if f.Body == nil {
		return errors.New("body is missing")
	}
	return cmp.Or(checkRef(f.Ref, 0), CheckExtensionName(f.Name), checkNames(json.NewDecoder(bytes.NewReader(f.Body))))
}

// CheckExtensionName reports whether an extension can have the name: 1 to
// [MaxExtensionName] bytes of a-z, 0-9 and '-'.
func CheckExtensionName(name string) error {
	if name == "" || len(name) > MaxExtensionName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return fmt.Errorf("name is %.40q, allowed are 1 to %d bytes of a-z, 0-9 and '-'", name, MaxExtensionName)
	}
	return nil
}

// checkNames reads one value of JSON that is known to be valid, and refuses a name
// that occurs twice in an object: of two readers one takes the first value and the
// other the last.
func checkNames(d *json.Decoder) error {
	open, err := d.Token()
	if open != json.Delim('{') && open != json.Delim('[') {
		return err
	}
	names := map[json.Token]bool{}
	for d.More() {
		if open == json.Delim('{') {
			name, err := d.Token()
			if err != nil {
				return err
			}
			if names[name] {
				return fmt.Errorf("body has the field %.40q twice in one object", name)
			}
			names[name] = true
		}
		if err := checkNames(d); err != nil {
			return err
		}
	}
	_, err = d.Token() // the end of the object or list
	return err
}
