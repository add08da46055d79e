package main

import (
	"reflect"
	"testing"

	"github.com/google/uuid"

	"parley/idworker/snowflake"
)

// TestSources: keys are of the declared kind, differ, and are the same again
// for the same seed.
func TestSources(t *testing.T) {
	for _, k := range kinds() {
		a, b, other := k.keys(1), k.keys(1), k.keys(2)
		seen := map[any]bool{}
		differ := false
		for i := range 5_000 {
			now := rowTime(i)
			key := a.key(now)
			if !reflect.DeepEqual(key, b.key(now)) {
				t.Fatalf("%s is another key the second time", k.name)
			}
			differ = differ || !reflect.DeepEqual(key, other.key(now))
			var u uuid.UUID
			switch v := key.(type) {
			case []byte:
				u = uuid.UUID(v)
				key = u
			case string:
				u = uuid.MustParse(v)
			case int64:
				id := snowflake.ID(v)
				if at := id.Time(); !id.Valid() || id.Worker() >= writers || at.After(now) || now.Sub(at).Seconds() > 2 {
					t.Fatalf("%s: %d has worker %d and time %v at %v", k.name, id, id.Worker(), at, now)
				}
			}
			if seen[key] {
				t.Fatalf("%s gives %v twice", k.name, key)
			}
			seen[key] = true
			if u == uuid.Nil {
				continue
			}
			if want := uuid.Version(k.name[4] - '0'); u.Version() != want || u.Variant() != uuid.RFC4122 {
				t.Fatalf("%s: %v is of version %d, variant %v", k.name, u, u.Version(), u.Variant())
			}
			if u.Version() == 7 {
				if s, ns := u.Time().UnixTime(); s*1000+ns/1e6 != now.UnixMilli() {
					t.Fatalf("%v has the time %d.%09d, not %v", u, s, ns, now)
				}
			}
		}
		if !differ {
			t.Errorf("%s does not depend on the seed", k.name)
		}
	}
}
