package wire

import (
	"crypto/rand"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckName reports whether s can name a participant: 1 to [MaxName] bytes of
// a-z, 0-9 and '-', not starting with '-'. Names are subject tokens.
func CheckName(s string) error {
	if s == "" {
		return fmt.Errorf("participant name is empty")
	}
	if len(s) > MaxName {
		return fmt.Errorf("participant name %.40q... has %d bytes, the limit is %d", s, len(s), MaxName)
	}
	for i, r := range s {
		if lowerAlnum(r) || (r == '-' && i > 0) {
			continue
		}
		return fmt.Errorf("participant name %q has %q: allowed are a-z, 0-9 and, not in front, '-'", s, r)
	}
	return nil
}

// reserved are names that a participant may not have: those of the NATS micro
// services of other roles, and other names that occur where participants are named.
// A participant is also a micro service with its own name.
const reserved = " blog broker chat chatgw client coordinator gateway id ids idworker log participant tx "

// CheckParticipant reports whether a participant may be called s: [CheckName],
// and not a name that Parley uses for something else.
func CheckParticipant(s string) error {
	if err := CheckName(s); err != nil {
		return err
	}
	if strings.Contains(reserved, " "+s+" ") {
		return fmt.Errorf("participant name %q is taken by Parley itself; these are:%s", s, strings.TrimRight(reserved, " "))
	}
	return nil
}

// TokenLen is the length of the random names that Parley generates (logs,
// journals, nonces): 16 characters of base 32 are 80 bits.
const TokenLen = 16

// CheckToken returns an error unless s is a random name as [NewToken] generates
// them: exactly 16 characters of a-z and 0-9. what names it in the error.
func CheckToken(what, s string) error {
	if len(s) != TokenLen || strings.ContainsFunc(s, func(r rune) bool { return !lowerAlnum(r) }) {
		return fmt.Errorf("%s %.40q is not %d characters of a-z and 0-9", what, s, TokenLen)
	}
	return nil
}

// NewToken returns a random name of [TokenLen] characters.
func NewToken() string {
	var random [10]byte
	_, _ = rand.Read(random[:]) // it never fails, see crypto/rand
	return Token(random)
}

// Token encodes 10 random bytes as a name of [TokenLen] characters.
func Token(random [10]byte) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	var out [TokenLen]byte
	var acc uint32
	bits, n := 0, 0
	for _, b := range random {
		acc = acc<<8 | uint32(b)
		bits += 8
		for bits >= 5 {
			bits -= 5
			out[n] = alphabet[acc>>bits&31]
			n++
		}
	}
	return string(out[:])
}

// CheckKey reports whether s can be an idempotency key: 1 to [MaxKey] bytes of
// printable UTF-8.
func CheckKey(s string) error {
	if s == "" {
		return fmt.Errorf("key is empty")
	}
	if len(s) > MaxKey {
		return fmt.Errorf("key %.40q... has %d bytes, the limit is %d", s, len(s), MaxKey)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("key %q is not valid UTF-8", s)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("key %q has the unprintable character %U", s, r)
		}
	}
	return nil
}

// CheckNewKey returns an error unless a new submission may have the key s: the rules
// of [CheckKey], and not blank. A blank key is most likely an unset variable, and
// would be shared by all callers with that mistake.
func CheckNewKey(s string) error {
	if s != "" && strings.Trim(s, " ") == "" {
		return fmt.Errorf("key %q is blank", s)
	}
	return CheckKey(s)
}

// CheckText returns an error if s has more than limit bytes. what names it in the error.
func CheckText(what, s string, limit int) error {
	if len(s) > limit {
		return fmt.Errorf("%s has %d bytes, the limit is %d", what, len(s), limit)
	}
	return nil
}

// Clip turns any text into a reason: at most [MaxReason] bytes, cut between
// characters, with unprintable characters (line ends, control characters, bytes that
// are not UTF-8) replaced by spaces.
func Clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
	if len(s) <= MaxReason {
		return s
	}
	end := MaxReason - 3
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}

func lowerAlnum(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
