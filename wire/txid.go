package wire

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// TxID names a transaction: the log that alone can commit it, and a number
// within that log, from 1. Its text is "<log>.<n>", which is also how it
// stands in subjects.
type TxID struct {
	Log string
	N   uint64
}

// ParseTxID reads "<log>.<n>".
func ParseTxID(s string) (TxID, error) {
	log, num, ok := strings.Cut(s, ".")
	if !ok {
		return TxID{}, fmt.Errorf("transaction id %.60q is not <log>.<n>", s)
	}
	return parseTxID(log, num)
}

func parseTxID(log, num string) (TxID, error) {
	if err := CheckToken("log of the transaction id", log); err != nil {
		return TxID{}, err
	}
	n, err := strconv.ParseUint(num, 10, 63)
	if err != nil || n == 0 || num[0] == '0' || num[0] == '+' {
		return TxID{}, fmt.Errorf("number of the transaction id %.40q is not a whole number from 1", num)
	}
	return TxID{Log: log, N: n}, nil
}

// String is the text "<log>.<n>", or "" for the zero TxID.
func (t TxID) String() string {
	if t.IsZero() {
		return ""
	}
	return t.Log + "." + strconv.FormatUint(t.N, 10)
}

// IsZero reports whether t names no transaction.
func (t TxID) IsZero() bool { return t == TxID{} }

// FirstTxID is the smallest transaction id there can be.
func FirstTxID() TxID { return TxID{Log: strings.Repeat("0", TokenLen), N: 1} }

// Next is the id that follows t.
func (t TxID) Next() TxID { return TxID{Log: t.Log, N: t.N + 1} }

// Compare orders transaction ids, by log and then number. When two living
// transactions hold one key in different journals, the larger one yields.
func (t TxID) Compare(o TxID) int {
	return cmp.Or(strings.Compare(t.Log, o.Log), cmp.Compare(t.N, o.N))
}

// MarshalText implements encoding.TextMarshaler.
func (t TxID) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; empty text is the zero id.
func (t *TxID) UnmarshalText(b []byte) (err error) {
	*t = TxID{}
	if len(b) > 0 {
		*t, err = ParseTxID(string(b))
	}
	return err
}
