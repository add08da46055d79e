package sim

import (
	"maps"

	"parley/participants/machine"
	"parley/wire/txwire"
)

// journal is what a participant keeps.
type journal struct {
	rows map[txwire.ID]machine.Branch
	keys map[string]machine.KeyHold
	// reserved and applied are the resource's own books.
	reserved, applied map[txwire.ID]bool
	// mark is the greatest deadline of what was collected. gone are the states of
	// those branches, which the journal does not know; for the invariants only.
	mark int64
	// floor is what a copy that took the journal's place does not know.
	floor int64
	gone  map[txwire.ID]txwire.BranchState
}

func (j *journal) view(id txwire.ID, key string) (v machine.View) {
	if b, ok := j.rows[id]; ok {
		v.Branch = &b
	}
	if k, ok := j.keys[key]; ok {
		if k.State != txwire.BranchAborted {
			k.State = j.rows[k.Holder].State
		}
		v.Key = &k
	}
	return v
}

// apply writes what a step asks for, and reports what no journal or resource would
// let pass.
func (j *journal) apply(s machine.Step) (broken string) {
	b := *s.Put
	b.Reason, b.Payload = "", nil
	j.rows[b.ID] = b
	switch s.Key {
	case machine.KeyHeld:
		j.keys[b.Key] = machine.KeyHold{Holder: b.ID, Digest: b.Digest, State: txwire.BranchPrepared}
	case machine.KeyFree:
		delete(j.keys, b.Key)
	case machine.KeyClose:
		j.keys[b.Key] = machine.KeyHold{Holder: b.ID, Digest: b.Digest, State: txwire.BranchAborted, Code: b.Code}
	}
	switch s.Call {
	case machine.CallPrepare:
		if j.reserved[b.ID] || j.applied[b.ID] {
			broken = "reserved twice: " + b.ID.String()
		}
		j.reserved[b.ID] = true
	case machine.CallCommit, machine.CallAbort:
		if !j.reserved[b.ID] {
			broken = "nothing is reserved for the outcome of " + b.ID.String()
		}
		delete(j.reserved, b.ID)
		if s.Call == machine.CallCommit {
			j.applied[b.ID] = true
		}
	}
	return broken
}

func (j *journal) clone() *journal {
	return &journal{
		rows: maps.Clone(j.rows), keys: maps.Clone(j.keys),
		reserved: maps.Clone(j.reserved), applied: maps.Clone(j.applied),
		mark: j.mark, floor: j.floor, gone: maps.Clone(j.gone),
	}
}

// finished reports whether there is something to collect.
func (j *journal) finished() bool {
	for _, b := range j.rows {
		if b.State != txwire.BranchPrepared {
			return true
		}
	}
	return false
}

// collect removes what is finished, and with it the keys.
func (j *journal) collect() {
	for id, b := range j.rows {
		if b.State == txwire.BranchPrepared {
			continue
		}
		delete(j.rows, id)
		delete(j.applied, id)
		if k, ok := j.keys[b.Key]; ok && k.Holder == id {
			delete(j.keys, b.Key)
		}
		if j.gone == nil {
			j.gone = map[txwire.ID]txwire.BranchState{}
		}
		j.gone[id] = b.State
		j.mark = max(j.mark, b.DecideBy)
	}
}

// state is that of a branch which the journal has or has collected, empty if there
// is none.
func (j *journal) state(id txwire.ID) txwire.BranchState {
	if b, ok := j.rows[id]; ok {
		return b.State
	}
	return j.gone[id]
}

// lostFrom are the branches of a journal that an earlier copy of it does not have
// in the same state.
func (j *journal) lostFrom(copied *journal) (lost []txwire.ID) {
	for id, b := range j.rows {
		if copied.rows[id].State != b.State {
			lost = append(lost, id)
		}
	}
	for id := range j.gone {
		if _, same := copied.gone[id]; !same {
			lost = append(lost, id)
		}
	}
	return lost
}

// booksWrong reports a reservation that no prepared branch explains, or the
// other way round.
func (j *journal) booksWrong() bool {
	prepared, committed := 0, 0
	for id, b := range j.rows {
		switch b.State {
		case txwire.BranchPrepared:
			if prepared++; !j.reserved[id] {
				return true
			}
		case txwire.BranchCommitted:
			if committed++; !j.applied[id] {
				return true
			}
		}
	}
	return prepared != len(j.reserved) || committed != len(j.applied)
}
