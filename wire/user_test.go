package wire_test

import (
	"strings"
	"testing"

	"parley/wire"
)

// Letters of any script come with their marks; what cannot be seen is no name. What was
// stored by an older name is read all the same.
func TestUsers(t *testing.T) {
	for _, s := range []string{
		"ada", "Zoë", "名前", "a_b-c.d@e", "हिन्दी", "Jose\u0301", "José", "ภาษาไทย", "தமிழ்", "עִבְרִית", "العَرَبِيَّة", "ᏣᎳᎩ", "7",
	} {
		if err := wire.CheckNewUser(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	for s, part := range map[string]string{
		"\u3164": "U+3164 at byte 0", "a\u3164": "U+3164 at byte 1", "\u115fa": "U+115F", "a\uffa0": "U+FFA0", "a\u034f": "U+034F", "a\ufe0f": "U+FE0F", "\u0301a": "mark U+0301",
	} {
		if err := wire.CheckNewUser(s); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%+q: %v, want %q", s, err, part)
		}
		if err := wire.CheckUser(s); err != nil {
			t.Errorf("%+q cannot be read: %v", s, err)
		}
	}
	for _, s := range []string{"", ".a", "-a", "a b", "a<b", "a\u200bb", "a\u202eb", "\xff", strings.Repeat("a", wire.MaxUser+1), "⠀", "a!"} {
		if wire.CheckUser(s) == nil || wire.CheckNewUser(s) == nil {
			t.Errorf("%+q is taken", s)
		}
	}
}

func TestInvisible(t *testing.T) {
	for _, r := range " \t\u00a0\u00ad\u200b\u200d\u2028\u2060\u2800\u3164\ufe0f\ufeff\U000e0041\x07" {
		if !wire.Invisible(r) {
			t.Errorf("%U can be seen", r)
		}
	}
	for _, r := range "a7.é\u0301नि名👍" {
		if wire.Invisible(r) {
			t.Errorf("%U cannot be seen", r)
		}
	}
}
