package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
)

// kind is a key and the form of the table it is the primary key of.
type kind struct {
	// name is the value for --keys, label the name in the output.
	name, label string
	// about is the kind in a few words, for the usage text.
	about string
	// column is the SQL type of the key.
	column string
	// form is the SQL after the columns. WITHOUT ROWID stores the rows in the
	// B-tree of the key; without it a table is in the order of insertion, with
	// a separate index on the key, except for an INTEGER PRIMARY KEY, which is
	// the number of that order.
	form string
	// ordered keys hold their time: a range of time is a range of keys.
	ordered bool
	// keys makes a source of keys, the same ones for the same seed.
	keys func(seed uint64) source
}

const withoutRowID = "WITHOUT ROWID"

// kinds are all keys there are, in the order of the report.
func kinds() []kind {
	return []kind{
		{name: "uuid4-text", about: "random UUID as 36 characters, the table in the order of its keys", label: "UUIDv4 as text", column: "TEXT", form: withoutRowID, keys: asText(randomUUIDs)},
		{name: "uuid4", about: "random UUID as 16 bytes, the table in the order of its keys", label: "UUIDv4", column: "BLOB", form: withoutRowID, keys: randomUUIDs},
		{name: "uuid4-index", about: "the same, the table in the order of insertion with an index beside it", label: "UUIDv4 in an index", column: "BLOB", keys: randomUUIDs},
		{name: "uuid7", about: "UUID that starts with the time, as 16 bytes, the table in the order of its keys", label: "UUIDv7", column: "BLOB", form: withoutRowID, ordered: true, keys: timedUUIDs},
		{name: "parley", about: "Parley's ID as an integer, the table in the order of its keys", label: "Parley ID", column: "INTEGER", form: withoutRowID, ordered: true, keys: parleyIDs},
		{name: "parley-rowid", about: "the same as INTEGER PRIMARY KEY, which is SQLite's own row number", label: "Parley ID as rowid", column: "INTEGER", ordered: true, keys: parleyIDs},
	}
}

// chosen are the kinds that a comma-separated list names.
func chosen(names string) (out []kind, err error) {
	seen := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		k, ok := kindNamed(name)
		if !ok {
			return nil, fmt.Errorf("--keys names %q, allowed are %s", name, kindNames())
		}
		if seen[name] {
			return nil, fmt.Errorf("--keys names %q twice", name)
		}
		seen[name] = true
		out = append(out, k)
	}
	return out, nil
}

func kindNamed(name string) (kind, bool) {
	for _, k := range kinds() {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

func kindNames() string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return strings.Join(names, ",")
}

// source makes the key of a row that is written at a moment, as an argument for
// the database.
type source interface{ key(now time.Time) any }

// sourceFunc is a function as a source.
type sourceFunc func(now time.Time) any

func (f sourceFunc) key(now time.Time) any { return f(now) }

// randomUUIDs are UUIDs of version 4: 122 random bits.
func randomUUIDs(seed uint64) source {
	r := newRandom(seed)
	return sourceFunc(func(time.Time) any { return randomUUID(r) })
}

// timedUUIDs are UUIDs of version 7 as RFC 9562 has them at the least: 48 bits
// of milliseconds and 74 random bits. What google/uuid adds, an order within
// the millisecond, holds within one process only, and rows come from several.
func timedUUIDs(seed uint64) source {
	r := newRandom(seed)
	return sourceFunc(func(now time.Time) any {
		u := randomUUID(r)
		var ms [8]byte
		binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
		copy(u, ms[2:])
		u[6] = u[6]&0x0f | 0x70
		return u
	})
}

// asText writes UUIDs as 36 characters.
func asText(keys func(seed uint64) source) func(seed uint64) source {
	return func(seed uint64) source {
		s := keys(seed)
		return sourceFunc(func(now time.Time) any { return uuid.UUID(s.key(now).([]byte)).String() })
	}
}

// newRandom is a generator that is good enough to stand for crypto/rand and can
// be repeated.
func newRandom(seed uint64) *rand.ChaCha8 {
	var s [32]byte
	binary.BigEndian.PutUint64(s[:], seed)
	return rand.NewChaCha8(s)
}

func randomUUID(r *rand.ChaCha8) []byte {
	u, err := uuid.NewRandomFromReader(r)
	if err != nil {
		panic(fmt.Sprintf("keys: ChaCha8 has no random bytes: %v", err)) // it never fails
	}
	return u[:]
}
