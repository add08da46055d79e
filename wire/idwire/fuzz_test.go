package idwire_test

import (
	"testing"

	"parley/idworker/snowflake"
	"parley/wire/idwire"
)

func FuzzParseLeaseSubject(f *testing.F) {
	for _, s := range []string{idwire.LeaseSubject(0), idwire.LeaseSubject(31), "id.lease.32", "id.lease.-1", "id.lease.07", "id.lease.+7", "id.lease.", "id.lease.7.8", "7"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := idwire.ParseLeaseSubject(s); err == nil && (idwire.LeaseSubject(n) != s || n < 0 || n > snowflake.MaxWorker) {
			t.Fatalf("%q is read as worker %d", s, n)
		}
	})
}
