package wire_test

import (
	"database/sql"
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/wire"
)

// What an ID must be able to do beside arithmetic.
var (
	_ fmt.Stringer             = wire.ID(0)
	_ encoding.TextMarshaler   = wire.ID(0)
	_ encoding.TextUnmarshaler = (*wire.ID)(nil)
	_ json.Marshaler           = wire.ID(0)
	_ json.Unmarshaler         = (*wire.ID)(nil)
	_ driver.Valuer            = wire.ID(0)
	_ sql.Scanner              = (*wire.ID)(nil)
)

// same sends an ID through every form and takes it apart and together again.
func same(t *testing.T, id wire.ID) {
	t.Helper()
	check := func(form string, got wire.ID, err error) {
		t.Helper()
		if err != nil || got != id {
			t.Errorf("%d came back from %s as %d, %v", id, form, got, err)
		}
	}
	got, err := wire.ParseID(id.String())
	check("its digits", got, err)
	got, err = wire.ParseShort(id.Short())
	check("its short form", got, err)
	data, err := json.Marshal(id)
	if err != nil || string(data) != `"`+id.String()+`"` {
		t.Errorf("%d in JSON is %s, %v", id, data, err)
	}
	for form, data := range map[string]string{"a JSON string": string(data), "a JSON number": id.String()} {
		var got wire.ID
		check(form, got, json.Unmarshal([]byte(data), &got))
	}
	value, err := id.Value()
	if err != nil || !driver.IsValue(value) || value != int64(id) {
		t.Errorf("%d in SQL is %#v, %v", id, value, err)
	}
	for _, src := range []any{value, id.String(), []byte(id.String())} {
		var got wire.ID
		check(fmt.Sprintf("SQL as %T", src), got, got.Scan(src))
	}
	check("its parts", wire.NewID(id.Timestamp(), id.Worker(), id.Sequence()), nil)
	if at := id.Time(); wire.IDTimestamp(at) != id.Timestamp() || id < wire.MinIDAt(at) || id > wire.MaxIDAt(at) {
		t.Errorf("%d is of %v, whose IDs are %d to %d", id, at, wire.MinIDAt(at), wire.MaxIDAt(at))
	}
}

func (s *shape) String() string { return fmt.Sprintf("%d/%d/%d", s.timestamp, s.worker, s.sequence) }

// shape is an ID in its parts.
type shape struct {
	timestamp        int64
	worker, sequence int
	id               wire.ID
}

func TestIDParts(t *testing.T) {
	for _, s := range []shape{
		{0, 0, 1, 1},
		{0, 0, 4095, 4095},
		{0, 1, 0, 4096},
		{0, 31, 4095, 1<<17 - 1},
		{1, 0, 0, 1 << 17},
		{28_080_000_123, 7, 4095, 28_080_000_123<<17 + 7<<12 + 4095},
		{wire.MaxTimestamp, wire.MaxWorker, wire.MaxSequence, wire.MaxID},
	} {
		id := wire.NewID(s.timestamp, s.worker, s.sequence)
		if id != s.id || id.Timestamp() != s.timestamp || id.Worker() != s.worker || id.Sequence() != s.sequence || !id.Valid() {
			t.Errorf("%v is %d of %d/%d/%d, want %d", &s, id, id.Timestamp(), id.Worker(), id.Sequence(), s.id)
		}
		same(t, id)
	}
	if wire.MaxID != 1<<58-1 {
		t.Errorf("the highest ID is %d: the six bits above 58 must be zero", wire.MaxID)
	}
	for _, s := range []shape{
		{timestamp: -1},
		{timestamp: wire.MaxTimestamp + 1},
		{worker: -1},
		{worker: wire.MaxWorker + 1},
		{sequence: -1},
		{sequence: wire.MaxSequence + 1},
	} {
		func() {
			defer func() {
				if r := recover(); r == nil {
					t.Errorf("%v is taken", &s)
				}
			}()
			wire.NewID(s.timestamp, s.worker, s.sequence)
		}()
	}
}

func TestIDTime(t *testing.T) {
	epoch := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if wire.IDTimestamp(epoch) != 0 || wire.IDTimestamp(epoch.Add(-time.Millisecond)) != -1 {
		t.Errorf("the epoch is %d", wire.IDTimestamp(epoch))
	}
	if at := wire.NewID(1234, 5, 6).Time(); !at.Equal(epoch.Add(1234*time.Millisecond)) || at.Location() != time.UTC {
		t.Errorf("timestamp 1234 is %v", at)
	}
	if last := wire.MaxID.Time(); last.Format("2006-01") != "2095-09" {
		t.Errorf("the last ID is of %v, the documents say September 2095", last)
	}
	// JSON readers that know only floating point round from here on.
	if at := wire.ID(1 << 53).Time(); at.Year() != 2028 {
		t.Errorf("IDs pass 2^53 at %v, the documents say 2028", at)
	}
	same(t, 1<<53+1)
	for _, c := range []struct {
		at       time.Time
		min, max wire.ID
	}{
		{epoch, 0, 1<<17 - 1},
		{epoch.Add(time.Millisecond), 1 << 17, 1<<18 - 1},
		{epoch.Add(1999 * time.Microsecond), 1 << 17, 1<<18 - 1},
		{epoch.AddDate(-1, 0, 0), 0, 1<<17 - 1},
		{epoch.AddDate(100, 0, 0), wire.MaxID - (1<<17 - 1), wire.MaxID},
	} {
		if lo, hi := wire.MinIDAt(c.at), wire.MaxIDAt(c.at); lo != c.min || hi != c.max {
			t.Errorf("the IDs of %v are %d to %d, want %d to %d", c.at, lo, hi, c.min, c.max)
		}
	}
}

// The order of IDs is the order of their short forms as text, and their width
// never changes.
func TestShortSortsLikeNumbers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	ids := []wire.ID{1, 31, 32, 33, 1023, 1024, 1 << 17, 1<<53 - 1, 1 << 53, 1<<53 + 1, wire.MaxID - 1, wire.MaxID}
	for range 5000 {
		ids = append(ids, 1+wire.ID(random.Int64N(int64(wire.MaxID)))>>random.IntN(58))
	}
	for range 5000 { // neighbours
		ids = append(ids, min(ids[random.IntN(len(ids))]+1, wire.MaxID))
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for i, id := range ids {
		same(t, id)
		s := id.Short()
		if len(s) != wire.ShortLen || strings.ContainsAny(s, "ilou") {
			t.Fatalf("the short form of %d is %q", id, s)
		}
		if i > 0 && s <= ids[i-1].Short() {
			t.Fatalf("%d is %q and %d is %q", ids[i-1], ids[i-1].Short(), id, s)
		}
	}
}

func TestParseIDRefuses(t *testing.T) {
	for _, s := range []string{
		"", "0", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "1_000", "id", "١", "null", `"1"`,
		"288230376151711744", "9223372036854775808", "18446744073709551616", strings.Repeat("9", 500),
	} {
		if id, err := wire.ParseID(s); err == nil || len(err.Error()) > 200 {
			t.Errorf("ParseID(%.40q) = %d, %v", s, id, err)
		}
		var id wire.ID
		if err := id.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("UnmarshalText(%.40q) makes %d", s, id)
		}
		if err := id.Scan(s); err == nil {
			t.Errorf("Scan(%.40q) makes %d", s, id)
		}
	}
	for _, s := range []string{
		"", "1", "00000000001", "0000000000001", "000000000000", "00000000000i", "00000000000O", "00000000000-", "zzzzzzzzzzzz",
		"80000000000\xff", strings.Repeat("1", 500),
	} {
		if id, err := wire.ParseShort(s); err == nil || len(err.Error()) > 200 {
			t.Errorf("ParseShort(%.40q) = %d, %v", s, id, err)
		}
	}
	for _, data := range []string{`0`, `-1`, `1.5`, `1e3`, `1.0`, `true`, `null`, `""`, `"0"`, `" 1"`, `"1e3"`, `[1]`, `{}`, `288230376151711744`, `"9223372036854775808"`, `1e400`} {
		var id wire.ID
		if err := json.Unmarshal([]byte(data), &id); err == nil {
			t.Errorf("%s is read as %d", data, id)
		}
	}
	for _, src := range []any{nil, int64(0), int64(-1), int64(wire.MaxID) + 1, 1.5, true, time.Now(), 7} {
		var id wire.ID
		if err := id.Scan(src); err == nil {
			t.Errorf("%#v is read as %d", src, id)
		}
	}
}

// As the key of a map and in a struct: what a program does with an ID.
func TestIDInJSON(t *testing.T) {
	type row struct {
		ID   wire.ID            `json:"id"`
		Next *wire.ID           `json:"next,omitempty"`
		By   map[wire.ID]string `json:"by,omitempty"`
	}
	data, err := json.Marshal(row{ID: 1<<53 + 1, By: map[wire.ID]string{7: "x"}})
	if err != nil || string(data) != `{"id":"9007199254740993","by":{"7":"x"}}` {
		t.Fatalf("%s, %v", data, err)
	}
	var r row
	if err := json.Unmarshal([]byte(`{"id":9007199254740993,"next":"8","by":{"7":"x"}}`), &r); err != nil ||
		r.ID != 1<<53+1 || r.Next == nil || *r.Next != 8 || r.By[7] != "x" {
		t.Errorf("%+v, %v", r, err)
	}
}
