package main

import (
	"context"
	"slices"

	"parley/coordinator/txclient"
	"parley/wire/txwire"
)

// txViews are transactions by id, gathered from coordinators and participants.
type txViews map[txwire.ID]*txView

// everywhere starts with what the coordinators name. cut: one of them holds more.
func everywhere(ctx context.Context, client *txclient.Client) (all txViews, cut bool, err error) {
	states, err := client.Coordinators(ctx)
	if err != nil {
		return nil, false, err
	}
	all = txViews{}
	all.addStates(states)
	return all, slices.ContainsFunc(states, func(s txwire.CoordinatorState) bool { return s.Cut(txwire.ID{}) }), nil
}

// addStates adds what coordinators hold.
func (all txViews) addStates(states []txwire.CoordinatorState) {
	for _, s := range states {
		for _, t := range s.Txs {
			v := all.at(t.ID)
			v.Key, v.State, v.Waiting = t.Key, t.State, t.Waiting
			for p, reason := range t.Violations {
				v.violation(p, reason)
			}
		}
	}
}

// addBranches adds what every participant answers to the query.
func (all txViews) addBranches(ctx context.Context, client *txclient.Client, q txwire.BranchQuery) error {
	answers, err := client.AllBranches(ctx, q)
	if err != nil {
		return err
	}
	all.addAnswers(answers)
	return nil
}

// addAnswers adds what participants hold.
func (all txViews) addAnswers(answers []txwire.Branches) {
	for _, p := range answers {
		for _, b := range p.Branches {
			v := all.at(b.ID)
			v.Key = b.Key
			v.Branches = append(v.Branches, branchView{
				Participant: p.Participant, Journal: p.Journal, State: b.State, Closed: b.Closed, At: b.At,
				Reason: b.Reason, Payload: b.Payload, Detail: b.Detail,
				Error: b.Error, Tries: b.Tries, RetryAt: b.RetryAt,
			})
		}
		for _, x := range p.Violations {
			all.at(x.ID).violation(p.Participant, x.Of+" refused: "+x.Reason)
		}
	}
}

// at is the view of one transaction, made if need be.
func (all txViews) at(id txwire.ID) *txView {
	v := all[id]
	if v == nil {
		v = &txView{ID: id, Branches: []branchView{}}
		all[id] = v
	}
	return v
}

func (all txViews) sorted() []*txView {
	out := make([]*txView, 0, len(all))
	for _, v := range all {
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b *txView) int { return a.ID.Compare(b.ID) })
	return out
}

func (v *txView) violation(participant, reason string) {
	if v.Violations == nil {
		v.Violations = map[string]string{}
	}
	v.Violations[participant] = reason
}
