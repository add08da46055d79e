package wire

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxUser bounds a user id in bytes.
const MaxUser = 64

// CheckUser reports whether s can be a user id: 1 to [MaxUser] bytes of letters with
// their marks, digits and "_-.@", of any alphabet, not starting with '.' or '-'.
func CheckUser(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("user is empty")
	case len(s) > MaxUser:
		return fmt.Errorf("user %.80q has %d bytes, the limit is %d", s, len(s), MaxUser)
	case !utf8.ValidString(s):
		return fmt.Errorf("user %.80q is not valid UTF-8", s)
	case s[0] == '.' || s[0] == '-':
		return fmt.Errorf("user %.80q must not start with %q", s, s[0])
	}
	if i := strings.IndexFunc(s, notInUser); i >= 0 {
		return fmt.Errorf("user %.80q has a character that is not allowed at byte %d: use letters, digits and _-.@", s, i)
	}
	return nil
}

func notInUser(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.@", r)
}

// CheckNewUser returns an error unless a user may connect with the name s: the rules
// of [CheckUser], not starting with a mark, and without invisible characters like
// U+3164, which is a letter in Unicode. Stored messages may have older names.
func CheckNewUser(s string) error {
	if err := CheckUser(s); err != nil {
		return err
	}
	for at, r := range s {
		if Invisible(r) {
			return fmt.Errorf("user %+.80q has a character that shows nothing, %U at byte %d", s, r, at)
		}
		if at == 0 && unicode.IsMark(r) {
			return fmt.Errorf("user %+.80q must not start with the mark %U: put it behind a letter", s, r)
		}
	}
	return nil
}

// Invisible reports whether a character is invisible by itself: spaces, control and
// format characters, variation selectors, the characters that Unicode defines as
// ignorable by default (fillers among them), and the Braille pattern without a dot.
func Invisible(r rune) bool {
	const brailleBlank = 0x2800
	return r == brailleBlank || unicode.IsSpace(r) || unicode.In(r, unicode.C, unicode.Z, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
