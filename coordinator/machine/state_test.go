package machine

import (
	"bytes"
	"testing"

	"parley/wire/txwire"
)

// Exploration takes two machines with one key for one. Whatever a machine may
// still send or write has to be in its key, in particular what two runs can give
// the same id or sequence: a transaction's idempotency key, and the commits in
// a chain that was read before a seal.
func TestAppendKeyTellsMachinesApart(t *testing.T) {
	id := txwire.ID{Log: "log", N: 1}
	tests := []struct {
		name string
		with func(m *Machine, other bool)
	}{
		{"the key of an aborting transaction without clients", func(m *Machine, other bool) {
			m.txs[id] = &Tx{ID: id, State: Aborting, Key: pick(other, "k1", "k2")}
		}},
		{"the participant of a transaction", func(m *Machine, other bool) {
			m.txs[id] = &Tx{ID: id, State: Committed, Branches: []Branch{{Participant: pick(other, "inventory", "delivery")}}}
		}},
		{"the commits in a chain that a seal rests on", func(m *Machine, other bool) {
			m.adoptions["log"] = &adoption{log: "log", phase: sealing, chain: []Stored{{Seq: 2, Record: txwire.Record{
				Kind: txwire.RecordCommits, Prev: 1, Commits: []txwire.Committed{{N: pick[uint64](other, 1, 2)}},
			}}}}
		}},
		{"the journal in an adopted commit", func(m *Machine, other bool) {
			m.adoptions["log"] = &adoption{log: "log", phase: driving, commits: map[uint64]txwire.Committed{
				1: {N: 1, Branches: []txwire.CommittedBranch{{Participant: "inventory", Journal: pick(other, "j1", "j2")}}},
			}}
		}},
		{"how many of one list and of the next", func(m *Machine, other bool) {
			m.own = &ownLog{name: "log"}
			if other {
				m.own.records = []ownRecord{{}}
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			one, two := New("aaaaaaaaa", DefaultLimits()), New("aaaaaaaaa", DefaultLimits())
			tt.with(one, false)
			tt.with(two, true)
			if bytes.Equal(one.AppendKey(nil), two.AppendKey(nil)) {
				t.Error("two machines that differ have one key")
			}
			if !bytes.Equal(one.AppendKey(nil), one.Clone().AppendKey(nil)) {
				t.Error("a machine and its clone have different keys")
			}
		})
	}
}

func pick[T any](other bool, one, two T) T {
	if other {
		return two
	}
	return one
}
