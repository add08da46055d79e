package wire

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxUser bounds a user id in bytes.
const MaxUser = 64

// CheckUser reports whether s can be a user id: 1 to [MaxUser] bytes of
// letters, digits and "_-.@", of any alphabet, not starting with '.' or '-'.
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
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.@", r)
}
