package checker

import (
	"maps"
	"slices"

	"parley/participants/food"
	"parley/test/model"
	"parley/wire/txwire"
)

// states are those of one transaction, by participant.
type states map[string]txwire.BranchState

// both are the participants.
var both = [...]string{food.Inventory, food.Delivery}

// Orders compares every order and every transaction with each other.
func Orders(h *model.History, s *Stores) []Violation {
	var wrong Findings
	txs := map[string]map[txwire.ID]states{} // by key
	for _, name := range both {
		j := s.Journals[name]
		for _, v := range j.Violations {
			if !s.lostTx(v.ID) {
				wrong.Add(Violated, "%s: %v %s", name, v.ID, v.Why)
			}
		}
		for _, b := range j.Branches {
			if txs[b.Key] == nil {
				txs[b.Key] = map[txwire.ID]states{}
			}
			if txs[b.Key][b.ID] == nil {
				txs[b.Key][b.ID] = states{}
			}
			txs[b.Key][b.ID][name] = b.State
		}
	}
	by := map[string]*model.Order{}
	for _, o := range h.Orders {
		by[o.Key] = o
	}
	committed := map[string]txwire.ID{}
	for _, key := range slices.Sorted(maps.Keys(txs)) {
		if s.lostKey(key) {
			continue
		}
		if id, ok := wrong.transactions(key, txs[key], by[key].Participants()); ok {
			committed[key] = id
		}
	}
	for _, o := range h.Orders {
		if !s.lostKey(o.Key) {
			wrong.answers(o, committed)
		}
		delete(txs, o.Key)
	}
	for _, key := range slices.Sorted(maps.Keys(txs)) {
		wrong.Add(Unordered, "%s: %v", key, txs[key])
	}
	return wrong
}

// transactions checks all with one key, and returns the one that is committed.
func (f *Findings) transactions(key string, txs map[txwire.ID]states, participants []string) (committed txwire.ID, ok bool) {
	n := 0
	for id, at := range txs {
		commits := 0
		for _, name := range participants {
			switch at[name] {
			case txwire.BranchCommitted:
				commits++
			case txwire.BranchPrepared:
				f.Add(InDoubt, "%s %v at %s", key, id, name)
			}
		}
		if commits == 0 {
			continue
		}
		if n++; commits < len(participants) {
			f.Add(Atomic, "%s %v: %v", key, id, at)
		}
		committed = id
	}
	if n > 1 {
		f.Add(TwoCommits, "%s: %v", key, txs)
	}
	return committed, n > 0
}

// answers compares every answer about an order with what the participants have.
func (f *Findings) answers(o *model.Order, committed map[string]txwire.ID) {
	id, done := committed[o.Key]
	var yes, no, unclear int
	for _, a := range o.Answers {
		switch a.Verdict {
		case model.Committed:
			yes++
			if !done || a.ID != id {
				f.Add(NotCommitted, "%s was answered committed as %v, the participants have %v (%v)", o.Key, a.ID, id, done)
			}
		case model.Aborted:
			no++
			if done {
				f.Add(NotAborted, "%s was answered aborted (%s), the participants committed %v", o.Key, a.Why, id)
			}
		case model.Unknown:
			unclear++
		}
	}
	switch {
	case yes > 0 && no > 0:
		f.Add(TwoAnswers, "%s: %+v", o.Key, o.Answers)
	case yes+no == 0 && unclear > 0:
		f.Add(Unresolved, "%s: %+v", o.Key, o.Answers)
	case yes+no+unclear == 0 && len(o.Answers) > 0 && done:
		f.Add(NotAborted, "%s was refused, the participants committed %v", o.Key, id)
	}
}
