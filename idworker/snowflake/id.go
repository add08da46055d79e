package snowflake

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ID is a time-sortable unique number of 64 bits, after Twitter's Snowflake
// (2010): timestamp<<17 | worker<<12 | sequence, with 41 bits of milliseconds
// since [EpochMS], 5 of worker and 12 of sequence. The six bits above are zero,
// so an ID is positive in every language and fits a signed SQL integer. Zero is
// no ID.
//
// In JSON an ID is a string of decimal digits, since it exceeds 2^53 from 2028 on;
// smaller JSON numbers are decoded too.
type ID int64

// The layout of an [ID].
const (
	// EpochMS is the moment of timestamp 0, 2026-01-01T00:00:00Z, in
	// milliseconds since 1970.
	EpochMS = 1_767_225_600_000

	idSequenceBits = 12
	idWorkerBits   = 5
	idTimeBits     = 41

	// MaxWorker is the highest worker number; 32 of them exist.
	MaxWorker = 1<<idWorkerBits - 1
	// MaxSequence is the highest sequence within one millisecond of one worker.
	MaxSequence = 1<<idSequenceBits - 1
	// MaxTimestamp is the highest timestamp, in September 2095.
	MaxTimestamp = 1<<idTimeBits - 1
)

// MaxID is the highest valid ID.
const MaxID ID = 1<<(idTimeBits+idWorkerBits+idSequenceBits) - 1

// NewID returns the ID of a timestamp in milliseconds since [EpochMS], a worker
// number and a sequence. It panics if one of them is negative or above
// [MaxTimestamp], [MaxWorker] or [MaxSequence]: the caller has checked them.
func NewID(timestamp int64, worker, sequence int) ID {
	if timestamp < 0 || timestamp > MaxTimestamp || worker < 0 || worker > MaxWorker || sequence < 0 || sequence > MaxSequence {
		panic(fmt.Sprintf("snowflake: no ID has timestamp %d, worker %d and sequence %d", timestamp, worker, sequence))
	}
	return ID(timestamp<<(idWorkerBits+idSequenceBits) | int64(worker)<<idSequenceBits | int64(sequence))
}

// Timestamp converts t to milliseconds since [EpochMS]: negative before it, and
// above [MaxTimestamp] after 2095.
func Timestamp(t time.Time) int64 { return t.UnixMilli() - EpochMS }

// MinAt returns the smallest ID of a millisecond. Together with [MaxAt] it bounds a
// query by time. Times before the epoch count as the epoch, and times after 2095 as
// the last timestamp.
func MinAt(t time.Time) ID { return NewID(clampTimestamp(t), 0, 0) }

// MaxAt returns the largest ID of a millisecond; see [MinAt].
func MaxAt(t time.Time) ID { return NewID(clampTimestamp(t), MaxWorker, MaxSequence) }

func clampTimestamp(t time.Time) int64 { return min(max(Timestamp(t), 0), MaxTimestamp) }

// Timestamp returns the ID's time in milliseconds since [EpochMS].
func (id ID) Timestamp() int64 { return int64(id) >> (idWorkerBits + idSequenceBits) }

// Time returns the ID's time, in UTC, with a precision of a millisecond.
func (id ID) Time() time.Time { return time.UnixMilli(EpochMS + id.Timestamp()).UTC() }

// Worker returns the number of the worker that made the ID, 0 to [MaxWorker].
func (id ID) Worker() int { return int(id>>idSequenceBits) & MaxWorker }

// Sequence returns the ID's sequence within the millisecond, from 0.
func (id ID) Sequence() int { return int(id) & MaxSequence }

// Valid reports whether id is above zero and at most [MaxID].
func (id ID) Valid() bool { return id > 0 && id <= MaxID }

// String returns the ID in decimal digits.
func (id ID) String() string { return strconv.FormatInt(int64(id), 10) }

// ParseID parses decimal digits without sign, space or leading zero.
func ParseID(s string) (ID, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || s[0] == '0' || s[0] == '+' {
		return 0, fmt.Errorf("id %.40q is not a decimal number from 1 to %d", s, MaxID)
	}
	if n > uint64(MaxID) {
		return 0, fmt.Errorf("id %d is beyond %d", n, MaxID)
	}
	return ID(n), nil
}

// shortDigits are the digits of the short form, in the order of their bytes, so
// that the texts sort like the numbers: Crockford's alphabet without i, l, o and u.
const shortDigits = "0123456789abcdefghjkmnpqrstvwxyz"

// ShortLen is the width of an ID's short form: twelve digits of five bits.
const ShortLen = 12

// Short returns the ID with a fixed width of [ShortLen] characters (0-9 and a-z
// without i, l, o, u), whose order as text is the numeric order.
func (id ID) Short() string {
	var b [ShortLen]byte
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = shortDigits[id&31]
		id >>= 5
	}
	return string(b[:])
}

// ParseShort is the inverse of [ID.Short]. It accepts letters in either case.
func ParseShort(s string) (ID, error) {
	if len(s) != ShortLen {
		return 0, fmt.Errorf("short id %.40q has %d characters, it must have %d", s, len(s), ShortLen)
	}
	var id ID
	for i := range len(s) {
		d := strings.IndexByte(shortDigits, lower(s[i]))
		if d < 0 {
			return 0, fmt.Errorf("short id %.40q has the character %q, allowed are %s", s, s[i], shortDigits)
		}
		id = id<<5 | ID(d)
	}
	if !id.Valid() {
		return 0, fmt.Errorf("short id %.40q is not from 1 to %d", s, MaxID)
	}
	return id, nil
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// MarshalText returns decimal digits.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText is the inverse of [ID.MarshalText].
func (id *ID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseID(string(text))
	return err
}

// MarshalJSON returns a string, which no reader rounds.
func (id ID) MarshalJSON() ([]byte, error) { return []byte(`"` + id.String() + `"`), nil }

// UnmarshalJSON decodes a string, or an integer of at most 2^53-1: a greater one may
// have been rounded by its writer.
func (id *ID) UnmarshalJSON(data []byte) (err error) {
	if bytes.HasPrefix(data, []byte(`"`)) {
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*id, err = ParseID(s)
		return err
	}
	if *id, err = ParseID(string(data)); err == nil && *id > maxExact {
		return fmt.Errorf("id %s is a JSON number beyond 2^53-1, which many programs round: write it as a string", data)
	}
	return err
}

// maxExact is the greatest integer up to which a float64 represents every integer.
const maxExact = 1<<53 - 1

// Value returns a 64-bit integer.
func (id ID) Value() (driver.Value, error) { return int64(id), nil }

// Scan accepts an integer or decimal digits.
func (id *ID) Scan(src any) (err error) {
	switch v := src.(type) {
	case int64:
		if *id = ID(v); !id.Valid() {
			return fmt.Errorf("id %d is not from 1 to %d", v, MaxID)
		}
		return nil
	case string:
		*id, err = ParseID(v)
		return err
	case []byte:
		*id, err = ParseID(string(v))
		return err
	default:
		return fmt.Errorf("an id cannot be read from %T", src)
	}
}
