package wire

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// CheckUnicode returns an error unless JSON is entirely Unicode: valid UTF-8, and no
// escaped half of a surrogate pair without its other half. The decoder silently
// replaces both with U+FFFD, so a program that must not change a text checks it first.
func CheckUnicode(data []byte) error {
	for i := 0; i < len(data); {
		if data[i] == '\\' {
			n, ok := escape(data[i:])
			if !ok {
				return halfPair(i)
			}
			i += n
			continue
		}
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return notUTF8(i, data[i])
		}
		i += n
	}
	return nil
}

func halfPair(at int) error {
	return Invalidf("byte %d of the message escapes half of a surrogate pair, which is no character", at)
}

func notUTF8(at int, b byte) error {
	return Invalidf("byte %d of the message is not valid UTF-8: %#02x", at, b)
}

// escape returns the length of the escape sequence at the start of data, and whether
// it encodes a character. Invalid escape sequences are left to the decoder.
func escape(data []byte) (n int, ok bool) {
	r, is := hexEscape(data)
	switch {
	case !is:
		return min(2, len(data)), true
	case !utf16.IsSurrogate(r):
		return 6, true
	}
	low, is := hexEscape(data[6:])
	return 12, is && utf16.DecodeRune(r, low) != utf8.RuneError
}

// hexEscape decodes an escape sequence like \u00e9.
func hexEscape(data []byte) (rune, bool) {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	return rune(n), err == nil
}
