package snowflake_test

import (
	"strings"
	"testing"

	"parley/idworker/snowflake"
)

// Whatever is read as an ID is one, has one text in each form, and comes
// through every encoding.
func FuzzParseID(f *testing.F) {
	for _, s := range []string{snowflake.NewID(28_080_000_123, 7, 4095).String(), snowflake.NewID(28_080_000_123, 7, 4095).Short(), "1", "0", "-1", "+1", "007", snowflake.MaxID.String(), "288230376151711744", "1e3", "\"1\"", "null", "zzzzzzzzzzzz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := snowflake.ParseID(s)
		if err == nil && id.String() != s {
			t.Fatalf("%q is read as %d", s, id)
		}
		if err != nil {
			id, err = snowflake.ParseShort(s)
			if err == nil && id.Short() != strings.ToLower(s) {
				t.Fatalf("%q is read as %d, whose short form is %s", s, id, id.Short())
			}
		}
		if err != nil {
			var none snowflake.ID
			if none.UnmarshalText([]byte(s)) == nil || none.Scan(s) == nil {
				t.Fatalf("%q is no ID and is read as %d", s, none)
			}
			return
		}
		if !id.Valid() {
			t.Fatalf("%q is read as %d", s, id)
		}
		same(t, id)
	})
}
