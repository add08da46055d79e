package wire

import "unicode/utf8"

// maxFields bounds the fields of one object, whose names are compared with each
// other. It is twice the number of fields of any message, and equals the number of
// participants of a transaction.
const maxFields = 32

// strict scans JSON that encoding/json has accepted for a message type, and finds
// the errors that encoding/json tolerates: bytes that are not UTF-8, an escaped half
// of a surrogate pair (both become U+FFFD, so that different keys become equal), a
// field name in another case (it is matched case-insensitively), and a field that
// occurs twice (the last one wins).
//
// It does not depend on the type: every field of a message has a name of lower-case
// letters, digits and '_', so a name that encoding/json has matched and that has no
// other characters is exactly that name. Only the values that are passed on unchanged
// must be known, see opaque.
type strict struct {
	data []byte
	at   int
	// names means that the names of fields are checked, too.
	names bool
}

// opaque reports whether a field holds JSON that is passed on byte for byte, so that
// nothing is replaced in it and its names belong to the application.
// TestOpaqueFields compares it with the message types.
func opaque(name []byte) bool {
	switch string(name) {
	case "payload", "detail":
		return true
	default:
		return false
	}
}

// checkStrict checks a whole message.
func checkStrict(data []byte, names bool) error {
	s := strict{data: data, names: names}
	return s.value(false)
}

// value checks the next value. inDetails means that it is the object of details by
// participant, whose values are opaque.
func (s *strict) value(inDetails bool) error {
	s.space()
	switch s.data[s.at] {
	case '{':
		return s.object(inDetails)
	case '[':
		s.at++
		for s.more(']') {
			if err := s.value(false); err != nil {
				return err
			}
		}
		return nil
	case '"':
		_, err := s.text()
		return err
	default:
		s.scalar()
		return nil
	}
}

// span is the position of a name in the message: a third of the size of a slice.
type span struct{ from, to uint32 }

func (s *strict) object(details bool) error {
	s.at++
	var seen [maxFields]span
	n := 0
	for s.more('}') {
		name, err := s.text()
		if err != nil {
			return err
		}
		if s.names {
			if err := checkField(name); err != nil {
				return err
			}
			for _, other := range seen[:n] {
				if string(name) == string(s.data[other.from:other.to]) {
					return Invalidf("the field %q stands twice", name)
				}
			}
			if n == maxFields {
				return Invalidf("an object has more than %d fields", maxFields)
			}
			end := uint32(s.at) - 1 // the quote behind the name; messages are far below 4 GB
			seen[n] = span{end - uint32(len(name)), end}
			n++
		}
		s.space()
		s.at++ // the colon
		if details || opaque(name) {
			s.skip()
		} else if err := s.value(string(name) == "details"); err != nil {
			return err
		}
	}
	return nil
}

// checkField refuses names that neither a field nor a participant can have.
func checkField(name []byte) error {
	for _, c := range name {
		if !lowerAlnum(rune(c)) && c != '_' && c != '-' {
			return Invalidf("the field %.40q is not written as in the protocol: names have small letters and no escapes", name)
		}
	}
	return nil
}

// more moves to the next element, or past the end, and reports whether there is one.
func (s *strict) more(end byte) bool {
	s.space()
	if s.data[s.at] == ',' {
		s.at++
		s.space()
	}
	if s.data[s.at] == end {
		s.at++
		return false
	}
	return true
}

// text checks a string and returns the bytes between its quotes.
func (s *strict) text() ([]byte, error) {
	s.at++
	start := s.at
	for {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			return s.data[start : s.at-1], nil
		case c == '\\':
			n, ok := escape(s.data[s.at:])
			if !ok {
				return nil, halfPair(s.at)
			}
			s.at += n
		case c < utf8.RuneSelf:
			s.at++
		default:
			r, n := utf8.DecodeRune(s.data[s.at:])
			if r == utf8.RuneError && n == 1 {
				return nil, notUTF8(s.at, c)
			}
			s.at += n
		}
	}
}

// skip passes over an opaque value.
func (s *strict) skip() {
	s.space()
	depth := 0
	for {
		switch s.data[s.at] {
		case '{', '[':
			depth++
			s.at++
		case '}', ']':
			depth--
			s.at++
		case '"':
			for s.at++; s.data[s.at] != '"'; s.at++ {
				if s.data[s.at] == '\\' {
					s.at++
				}
			}
			s.at++
		case ',', ':', ' ', '\t', '\r', '\n':
			s.at++
		default:
			s.scalar()
		}
		if depth == 0 {
			return
		}
	}
}

// scalar passes over a number, true, false or null.
func (s *strict) scalar() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ',', '}', ']', ' ', '\t', '\r', '\n':
			return
		}
		s.at++
	}
}

func (s *strict) space() {
	for {
		switch s.data[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}
