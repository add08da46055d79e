package participants

import (
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"parley/participants/machine"
	"parley/wire"
	"parley/wire/txwire"
)

// row is a branch as it stands in the table, with whether it holds its key.
type row struct {
	machine.Branch
	held bool
}

func (r *row) hold() *machine.KeyHold {
	return &machine.KeyHold{Holder: r.ID, Digest: r.Digest, State: r.State, Code: r.Code, Reason: r.Reason}
}

// The states as they are stored.
const (
	storedPrepared = iota
	storedCommitted
	storedAborted
)

func storeState(s txwire.BranchState) int64 {
	switch s {
	case txwire.BranchPrepared:
		return storedPrepared
	case txwire.BranchCommitted:
		return storedCommitted
	case txwire.BranchAborted:
		return storedAborted
	default:
		panic(fmt.Sprintf("participants: storing the state %q", s))
	}
}

func loadState(v driver.Value) (txwire.BranchState, error) {
	switch v {
	case int64(storedPrepared):
		return txwire.BranchPrepared, nil
	case int64(storedCommitted):
		return txwire.BranchCommitted, nil
	case int64(storedAborted):
		return txwire.BranchAborted, nil
	default:
		return "", fmt.Errorf("damaged branch: its state is %v", v)
	}
}

// scanBranch reads branchColumns.
func scanBranch(v []driver.Value, logs *logNames) (*row, error) {
	key, _ := v[0].(int64)
	id, err := logs.id(key)
	if err != nil {
		return nil, err
	}
	state, err := loadState(v[3])
	if err != nil {
		return nil, err
	}
	r := &row{held: v[2] == int64(1)}
	r.ID, r.Key, r.State = id, text(v[1]), state
	r.At, _ = v[4].(int64)
	r.Digest = loadDigest(v[5])
	r.DecideBy, _ = v[6].(int64)
	seq, _ := v[7].(int64)
	r.OpenSeq, r.Incarnation = uint64(seq), logs.replaced[id.Log]
	r.Code, r.Reason = wire.Code(text(v[8])), text(v[9])
	r.Payload, r.Detail = loadJSON(v[10]), loadJSON(v[11])
	return r, nil
}

// storeDigest halves a digest, which is hexadecimal unless a foreign client
// made it.
func storeDigest(s string) []byte {
	if b, err := hex.DecodeString(s); err == nil && hex.EncodeToString(b) == s {
		return b
	}
	return []byte(s)
}

func loadDigest(v driver.Value) string {
	b, _ := v.([]byte)
	if len(b) == 16 {
		return hex.EncodeToString(b)
	}
	return string(b)
}

func loadJSON(v driver.Value) json.RawMessage {
	b, _ := v.([]byte)
	return b
}

// blob stores nothing as NULL.
func blob[T ~string | ~[]byte](v T) driver.Value {
	if len(v) == 0 {
		return nil
	}
	return []byte(v)
}
