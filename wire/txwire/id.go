package txwire

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"parley/wire"
)

// ID names a transaction: the log that alone can commit it, and a number
// within that log, from 1. Its text is "<log>.<n>", which is also its form in
// subjects.
type ID struct {
	Log string
	N   uint64
}

// ParseID reads "<log>.<n>".
func ParseID(s string) (ID, error) {
	log, num, ok := strings.Cut(s, ".")
	if !ok {
		return ID{}, fmt.Errorf("transaction id %.60q is not <log>.<n>", s)
	}
	return parseID(log, num)
}

func parseID(log, num string) (ID, error) {
	if err := wire.CheckToken("log of the transaction id", log); err != nil {
		return ID{}, err
	}
	n, err := strconv.ParseUint(num, 10, 63)
	if err != nil || n == 0 || num[0] == '0' || num[0] == '+' {
		return ID{}, fmt.Errorf("number of the transaction id %.40q is not a whole number from 1", num)
	}
	return ID{Log: log, N: n}, nil
}

// String returns "<log>.<n>", or "" for the zero ID.
func (t ID) String() string {
	if t.IsZero() {
		return ""
	}
	return t.Log + "." + strconv.FormatUint(t.N, 10)
}

// IsZero reports whether t names no transaction.
func (t ID) IsZero() bool { return t == ID{} }

// FirstID returns the smallest valid transaction ID.
func FirstID() ID { return ID{Log: strings.Repeat("0", wire.TokenLen), N: 1} }

// Next returns the ID that follows t.
func (t ID) Next() ID { return ID{Log: t.Log, N: t.N + 1} }

// Compare orders transaction IDs, by log and then number. If two undecided
// transactions hold one key in different journals, the larger one yields.
func (t ID) Compare(o ID) int {
	return cmp.Or(strings.Compare(t.Log, o.Log), cmp.Compare(t.N, o.N))
}

// MarshalText implements encoding.TextMarshaler.
func (t ID) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; empty text is the zero id.
func (t *ID) UnmarshalText(b []byte) (err error) {
	*t = ID{}
	if len(b) > 0 {
		*t, err = ParseID(string(b))
	}
	return err
}
