package participants

import (
	"database/sql"
	"encoding/hex"
	"fmt"

	"parley/participants/driver"

	"parley/participants/machine"
	"parley/wire"
	"parley/wire/txwire"
)

// row is a branch as stored in the table, and whether it holds its key.
type row struct {
	machine.Branch
	held bool
}

func (r *row) hold() *machine.KeyHold {
	return &machine.KeyHold{Holder: r.ID, Digest: r.Digest, State: r.State, Code: r.Code, Reason: r.Reason}
}

// The stored values of the states.
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

func loadState(v int64) (txwire.BranchState, error) {
	switch v {
	case storedPrepared:
		return txwire.BranchPrepared, nil
	case storedCommitted:
		return txwire.BranchCommitted, nil
	case storedAborted:
		return txwire.BranchAborted, nil
	default:
		return "", fmt.Errorf("damaged branch: its state is %v", v)
	}
}

// scanBranch reads branchColumns.
func scanBranch(s driver.Scanner, logs *logNames) (*row, error) {
	var id, held, state int64
	var key, digest, code, reason sql.RawBytes
	var r row
	if err := s.Scan(&id, &key, &held, &state, &r.At, &digest, &r.DecideBy, &r.OpenSeq, &code, &reason,
		(*[]byte)(&r.Payload), (*[]byte)(&r.Detail)); err != nil {
		return nil, fmt.Errorf("damaged branch: %w", err)
	}
	var err error
	if r.ID, err = logs.id(id); err != nil {
		return nil, err
	}
	if r.State, err = loadState(state); err != nil {
		return nil, err
	}
	r.held, r.Key, r.Digest, r.Incarnation = held == 1, string(key), loadDigest(digest), logs.replaced[r.ID.Log]
	r.Code, r.Reason = wire.Code(code), string(reason)
	return &r, nil
}

// storeDigest stores a hexadecimal digest as bytes, half as long; another client may use
// a different notation, which is stored as it is.
func storeDigest(s string) []byte {
	if b, err := hex.DecodeString(s); err == nil && hex.EncodeToString(b) == s {
		return b
	}
	return []byte(s)
}

func loadDigest(b []byte) string {
	if len(b) == 16 {
		return hex.EncodeToString(b)
	}
	return string(b)
}

// blob returns the stored value, NULL if v is empty.
func blob[T ~string | ~[]byte](v T) any {
	if len(v) == 0 {
		return nil
	}
	return []byte(v)
}

// maxViolations bounds the violations that are stored, the newest: one is enough for an
// alarm, and a thousand to recognize a pattern.
const maxViolations = 1000

// insert writes the row of a new branch.
func (j *journal) insert(c driver.Conn, s machine.Step) error {
	b := s.Put
	key, ok := j.logs.key(b.ID)
	if !ok {
		return fmt.Errorf("branch %s: its log has no number yet", b.ID)
	}
	held := int64(0)
	if s.Key == machine.KeyHeld || s.Key == machine.KeyClose {
		held = 1
	}
	finished := int64(-1)
	if b.State != txwire.BranchPrepared {
		finished = j.opened.now()
	}
	_, err := c.Exec(j.sql.Insert, key, []byte(b.Key), held, storeState(b.State), b.At, storeDigest(b.Digest),
		b.DecideBy, int64(b.OpenSeq), blob(b.Code), blob(b.Reason), blob(b.Payload), blob(b.Detail), finished)
	if err != nil {
		return fmt.Errorf("inserting branch %s: %w", b.ID, err)
	}
	return nil
}

// move changes a row, and reports false if the row was not in the expected state.
func (j *journal) move(c driver.Conn, from machine.Branch, s machine.Step) (moved bool, err error) {
	b := s.Put
	key, _ := j.logs.key(b.ID)
	var changed int64
	switch {
	case from.State == txwire.BranchPrepared && b.State == txwire.BranchCommitted:
		changed, err = c.Exec(j.sql.Commit, b.At, j.opened.now(), key)
	case from.State == txwire.BranchPrepared && b.State == txwire.BranchAborted:
		held := int64(0)
		if s.Key == machine.KeyClose {
			held = 1
		}
		changed, err = c.Exec(j.sql.Abort, b.At, j.opened.now(), held, blob(b.Code), blob(b.Reason), key)
	case from.State == txwire.BranchAborted && b.State == txwire.BranchAborted && s.Key == machine.KeyClose:
		changed, err = c.Exec(j.sql.Reclose, blob(b.Reason), key)
	default:
		panic(fmt.Sprintf("participants: branch %s cannot change from %s to %s", b.ID, from.State, b.State))
	}
	if err != nil {
		return false, fmt.Errorf("moving branch %s from %s to %s: %w", b.ID, from.State, b.State, err)
	}
	return changed == 1, nil
}

// keepViolation stores an outcome that was not applied.
func (j *journal) keepViolation(c driver.Conn, id txwire.ID, s machine.Step, now int64) error {
	of := txwire.KindAbort
	if s.Ack != nil {
		of = s.Ack.Of
	}
	if _, err := c.Exec(j.sql.AddViolation, id.Log, int64(id.N), of, wire.Clip(s.Violation), now); err != nil {
		return fmt.Errorf("noting a violation of branch %s: %w", id, err)
	}
	if _, err := c.Exec(j.sql.TrimViolations, int64(maxViolations)); err != nil {
		return fmt.Errorf("forgetting old violations: %w", err)
	}
	return nil
}

// learn assigns numbers to new logs, in a separate transaction, so that the rollback of a
// group does not undo that.
func (j *journal) learn(c driver.Conn, ops []*op) error {
	var fresh []string
	for _, o := range ops {
		if _, known := j.logs.byName[o.id.Log]; o.leavesRow() && !known {
			fresh = append(fresh, o.id.Log)
			j.logs.byName[o.id.Log] = 0 // once each
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := j.inTx(c, func() error {
		if len(j.logs.byName) > maxLogs {
			return fmt.Errorf("the journal has branches of %d logs, the limit is %d: a coordinator restarts continuously, or a client invents names", len(j.logs.byNumber), maxLogs)
		}
		for _, name := range fresh {
			if _, err := c.Exec(j.sql.AddLog, name); err != nil {
				return fmt.Errorf("numbering log %s: %w", name, err)
			}
		}
		return nil
	}); err != nil {
		for _, name := range fresh {
			delete(j.logs.byName, name)
		}
		return err
	}
	return j.logs.load(c, j.sql)
}
