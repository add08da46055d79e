package txview

import (
	"context"
	"slices"

	"parley/coordinator/txclient"
	"parley/wire/txwire"
)

// Views are transactions by id, gathered from coordinators and participants.
type Views map[txwire.ID]*View

// everywhere starts with what the coordinators name. cut: one of them holds more.
func everywhere(ctx context.Context, client *txclient.Client) (all Views, cut bool, err error) {
	states, err := client.Coordinators(ctx)
	if err != nil {
		return nil, false, err
	}
	all = Views{}
	all.AddStates(states)
	return all, slices.ContainsFunc(states, func(s txwire.CoordinatorState) bool { return s.Cut(txwire.ID{}) }), nil
}

// AddStates adds what coordinators hold.
func (all Views) AddStates(states []txwire.CoordinatorState) {
	for _, s := range states {
		for _, t := range s.Txs {
			v := all.At(t.ID)
			v.Key, v.State, v.Waiting = t.Key, t.State, t.Waiting
			v.Unpublished, v.Problem = t.Unpublished, t.Problem
			for p, reason := range t.Violations {
				v.violation(p, reason)
			}
		}
	}
}

// AddBranches adds what every participant answers to the query.
func (all Views) AddBranches(ctx context.Context, client *txclient.Client, q txwire.BranchQuery) error {
	answers, err := client.AllBranches(ctx, q)
	if err != nil {
		return err
	}
	all.AddAnswers(answers)
	return nil
}

// AddAnswers adds what participants hold.
func (all Views) AddAnswers(answers []txwire.Branches) {
	for _, p := range answers {
		for _, b := range p.Branches {
			v := all.At(b.ID)
			v.Key = b.Key
			v.Branches = append(v.Branches, Branch{
				Participant: p.Participant, Journal: p.Journal, State: b.State, Closed: b.Closed, At: b.At,
				Reason: b.Reason, Payload: b.Payload, Detail: b.Detail,
				Error: b.Error, Tries: b.Tries, RetryAt: b.RetryAt,
			})
		}
		for _, x := range p.Violations {
			all.At(x.ID).violation(p.Participant, x.Of+" refused: "+x.Reason)
		}
	}
}

// At is the view of one transaction, made if need be.
func (all Views) At(id txwire.ID) *View {
	v := all[id]
	if v == nil {
		v = &View{ID: id, Branches: []Branch{}}
		all[id] = v
	}
	return v
}

func (all Views) Sorted() []*View {
	out := make([]*View, 0, len(all))
	for _, v := range all {
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b *View) int { return a.ID.Compare(b.ID) })
	return out
}

func (v *View) violation(participant, reason string) {
	if v.Violations == nil {
		v.Violations = map[string]string{}
	}
	v.Violations[participant] = reason
}
