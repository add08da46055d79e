package snowflake_test

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

	"parley/idworker/snowflake"
)

// What an ID must be able to do beside arithmetic.
var (
	_ fmt.Stringer             = snowflake.ID(0)
	_ encoding.TextMarshaler   = snowflake.ID(0)
	_ encoding.TextUnmarshaler = (*snowflake.ID)(nil)
	_ json.Marshaler           = snowflake.ID(0)
	_ json.Unmarshaler         = (*snowflake.ID)(nil)
	_ driver.Valuer            = snowflake.ID(0)
	_ sql.Scanner              = (*snowflake.ID)(nil)
)

// same sends an ID through every form and takes it apart and together again.
func same(t *testing.T, id snowflake.ID) {
	t.Helper()
	check := func(form string, got snowflake.ID, err error) {
		t.Helper()
		if err != nil || got != id {
			t.Errorf("%d came back from %s as %d, %v", id, form, got, err)
		}
	}
	got, err := snowflake.ParseID(id.String())
	check("its digits", got, err)
	got, err = snowflake.ParseShort(id.Short())
	check("its short form", got, err)
	got, err = snowflake.ParseShort(strings.ToUpper(id.Short()))
	check("its short form in capitals", got, err)
	data, err := json.Marshal(id)
	if err != nil || string(data) != `"`+id.String()+`"` {
		t.Errorf("%d in JSON is %s, %v", id, data, err)
	}
	got = 0
	err = json.Unmarshal(data, &got)
	check("a JSON string", got, err)
	got = 0
	switch err := json.Unmarshal([]byte(id.String()), &got); {
	case id <= 1<<53-1:
		check("a JSON number", got, err)
	case err == nil || !strings.Contains(err.Error(), "write it as a string"):
		t.Errorf("%d as a JSON number, which may have been rounded, is read as %d, %v", id, got, err)
	}
	value, err := id.Value()
	if err != nil || !driver.IsValue(value) || value != int64(id) {
		t.Errorf("%d in SQL is %#v, %v", id, value, err)
	}
	for _, src := range []any{value, id.String(), []byte(id.String())} {
		var got snowflake.ID
		check(fmt.Sprintf("SQL as %T", src), got, got.Scan(src))
	}
	check("its parts", snowflake.NewID(id.Timestamp(), id.Worker(), id.Sequence()), nil)
	if at := id.Time(); snowflake.Timestamp(at) != id.Timestamp() || id < snowflake.MinAt(at) || id > snowflake.MaxAt(at) {
		t.Errorf("%d is of %v, whose IDs are %d to %d", id, at, snowflake.MinAt(at), snowflake.MaxAt(at))
	}
}

func (s *shape) String() string { return fmt.Sprintf("%d/%d/%d", s.timestamp, s.worker, s.sequence) }

// shape is an ID in its parts.
type shape struct {
	timestamp        int64
	worker, sequence int
	id               snowflake.ID
}

func TestIDParts(t *testing.T) {
	for _, s := range []shape{
		{0, 0, 1, 1},
		{0, 0, 4095, 4095},
		{0, 1, 0, 4096},
		{0, 31, 4095, 1<<17 - 1},
		{1, 0, 0, 1 << 17},
		{28_080_000_123, 7, 4095, 28_080_000_123<<17 + 7<<12 + 4095},
		{snowflake.MaxTimestamp, snowflake.MaxWorker, snowflake.MaxSequence, snowflake.MaxID},
	} {
		id := snowflake.NewID(s.timestamp, s.worker, s.sequence)
		if id != s.id || id.Timestamp() != s.timestamp || id.Worker() != s.worker || id.Sequence() != s.sequence || !id.Valid() {
			t.Errorf("%v is %d of %d/%d/%d, want %d", &s, id, id.Timestamp(), id.Worker(), id.Sequence(), s.id)
		}
		same(t, id)
	}
	if snowflake.MaxID != 1<<58-1 {
		t.Errorf("the highest ID is %d: the six bits above 58 must be zero", snowflake.MaxID)
	}
	for _, s := range []shape{
		{timestamp: -1},
		{timestamp: snowflake.MaxTimestamp + 1},
		{worker: -1},
		{worker: snowflake.MaxWorker + 1},
		{sequence: -1},
		{sequence: snowflake.MaxSequence + 1},
	} {
		func() {
			defer func() {
				if r := recover(); r == nil {
					t.Errorf("%v is taken", &s)
				}
			}()
			snowflake.NewID(s.timestamp, s.worker, s.sequence)
		}()
	}
}

func TestIDTime(t *testing.T) {
	epoch := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if snowflake.Timestamp(epoch) != 0 || snowflake.Timestamp(epoch.Add(-time.Millisecond)) != -1 {
		t.Errorf("the epoch is %d", snowflake.Timestamp(epoch))
	}
	if at := snowflake.NewID(1234, 5, 6).Time(); !at.Equal(epoch.Add(1234*time.Millisecond)) || at.Location() != time.UTC {
		t.Errorf("timestamp 1234 is %v", at)
	}
	if last := snowflake.MaxID.Time(); last.Format("2006-01") != "2095-09" {
		t.Errorf("the last ID is of %v, documented is September 2095", last)
	}
	// JSON readers that know only floating point round from here on.
	if at := snowflake.ID(1 << 53).Time(); at.Year() != 2028 {
		t.Errorf("IDs pass 2^53 at %v, documented is 2028", at)
	}
	same(t, 1<<53+1)
	for _, c := range []struct {
		at       time.Time
		min, max snowflake.ID
	}{
		{epoch, 0, 1<<17 - 1},
		{epoch.Add(time.Millisecond), 1 << 17, 1<<18 - 1},
		{epoch.Add(1999 * time.Microsecond), 1 << 17, 1<<18 - 1},
		{epoch.AddDate(-1, 0, 0), 0, 1<<17 - 1},
		{epoch.AddDate(100, 0, 0), snowflake.MaxID - (1<<17 - 1), snowflake.MaxID},
	} {
		if lo, hi := snowflake.MinAt(c.at), snowflake.MaxAt(c.at); lo != c.min || hi != c.max {
			t.Errorf("the IDs of %v are %d to %d, want %d to %d", c.at, lo, hi, c.min, c.max)
		}
	}
}

// The order of IDs is the order of their short forms as text, and their width
// never changes.
func TestShortSortsLikeNumbers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	ids := []snowflake.ID{1, 31, 32, 33, 1023, 1024, 1 << 17, 1<<53 - 1, 1 << 53, 1<<53 + 1, snowflake.MaxID - 1, snowflake.MaxID}
	for range 5000 {
		ids = append(ids, 1+snowflake.ID(random.Int64N(int64(snowflake.MaxID)))>>random.IntN(58))
	}
	for range 5000 { // neighbours
		ids = append(ids, min(ids[random.IntN(len(ids))]+1, snowflake.MaxID))
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for i, id := range ids {
		same(t, id)
		s := id.Short()
		if len(s) != snowflake.ShortLen || strings.ContainsAny(s, "ilou") {
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
		if id, err := snowflake.ParseID(s); err == nil || len(err.Error()) > 200 {
			t.Errorf("ParseID(%.40q) = %d, %v", s, id, err)
		}
		var id snowflake.ID
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
		if id, err := snowflake.ParseShort(s); err == nil || len(err.Error()) > 200 {
			t.Errorf("ParseShort(%.40q) = %d, %v", s, id, err)
		}
	}
	for _, data := range []string{`0`, `-1`, `1.5`, `1e3`, `1.0`, `true`, `null`, `""`, `"0"`, `" 1"`, `"1e3"`, `[1]`, `{}`, `288230376151711744`, `"9223372036854775808"`, `1e400`} {
		var id snowflake.ID
		if err := json.Unmarshal([]byte(data), &id); err == nil {
			t.Errorf("%s is read as %d", data, id)
		}
	}
	for _, src := range []any{nil, int64(0), int64(-1), int64(snowflake.MaxID) + 1, 1.5, true, time.Now(), 7} {
		var id snowflake.ID
		if err := id.Scan(src); err == nil {
			t.Errorf("%#v is read as %d", src, id)
		}
	}
}

// As the key of a map and in a struct: what a program does with an ID.
func TestIDInJSON(t *testing.T) {
	type row struct {
		ID   snowflake.ID            `json:"id"`
		Next *snowflake.ID           `json:"next,omitempty"`
		By   map[snowflake.ID]string `json:"by,omitempty"`
	}
	data, err := json.Marshal(row{ID: 1<<53 + 1, By: map[snowflake.ID]string{7: "x"}})
	if err != nil || string(data) != `{"id":"9007199254740993","by":{"7":"x"}}` {
		t.Fatalf("%s, %v", data, err)
	}
	var r row
	if err := json.Unmarshal([]byte(`{"id":"9007199254740993","next":8,"by":{"7":"x"}}`), &r); err != nil ||
		r.ID != 1<<53+1 || r.Next == nil || *r.Next != 8 || r.By[7] != "x" {
		t.Errorf("%+v, %v", r, err)
	}
}
