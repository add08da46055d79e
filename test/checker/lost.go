package checker

import (
	"database/sql"

	"parley/wire/txwire"
)

// Lost is what went with a journal when a backup took its place. Nothing is promised
// about these transactions and their keys, but that the participant notices.
type Lost struct {
	Participant string
	Txs         map[txwire.ID]bool
	Keys        map[string]bool
	// Noticed reports whether the participant has logged that its journal went back.
	Noticed func() bool
}

// Loses compares a participant's journal with a backup of it. Nobody may have either
// open.
func Loses(participant, journal, backup string) (Lost, error) {
	l := Lost{Participant: participant, Txs: map[txwire.ID]bool{}, Keys: map[string]bool{}}
	now, err := branchesOf(journal)
	if err != nil {
		return l, err
	}
	then, err := branchesOf(backup)
	if err != nil {
		return l, err
	}
	kept := map[txwire.ID]txwire.BranchState{}
	for _, b := range then {
		kept[b.ID] = b.State
	}
	for _, b := range now {
		if kept[b.ID] != b.State {
			l.Txs[b.ID], l.Keys[b.Key] = true, true
		}
	}
	return l, nil
}

func branchesOf(path string) (all []Branch, err error) {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return branches(db)
}

// lostTx and lostKey report whether nothing is promised about a transaction or a key.
func (s *Stores) lostTx(id txwire.ID) bool {
	for _, l := range s.Lost {
		if l.Txs[id] {
			return true
		}
	}
	return false
}

func (s *Stores) lostKey(key string) bool {
	for _, l := range s.Lost {
		if l.Keys[key] {
			return true
		}
	}
	return false
}

// Noticed: a participant that lost something has to know.
func Noticed(s *Stores) []Violation {
	var wrong Findings
	for _, l := range s.Lost {
		if !l.Noticed() {
			wrong.Add(Unnoticed, "%s lost %d transactions", l.Participant, len(l.Txs))
		}
	}
	return wrong
}
