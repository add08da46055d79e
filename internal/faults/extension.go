package faults

import (
	"context"

	"parley/chatgw"
	"parley/coordinator"
	"parley/internal/catalog"
	"parley/participants"
	"parley/participants/food"
	"parley/wire"
)

// Name is that of the extension.
const Name = "faults"

// What a [Request] asks for; all are answered with [State].
const (
	Show  = "show"
	Arm   = "arm"   // the role dies at Point in the next transaction
	Kill  = "kill"  // it dies now
	Start = "start" // it runs again
)

// Points at which an armed role dies.
const (
	Voted    = "voted"    // a participant, after its vote and before the decision arrives
	Prepared = "prepared" // a coordinator, after sending prepares
	Decided  = "decided"  // a coordinator, after the append and before it notifies anybody
)

// Request is what a client sends. Role is one of [State], Point only with [Arm].
type Request struct {
	What  string `json:"what"`
	Role  string `json:"role,omitempty"`
	Point string `json:"point,omitempty"`
}

// State is what all roles are doing that can be killed.
type State struct {
	Roles []RoleState `json:"roles"`
}

// RoleState is what one role is doing.
type RoleState struct {
	Role string `json:"role"`
	// State is "running", "armed" (running, and dies at Point) or "stopped".
	State string `json:"state"`
	Point string `json:"point,omitempty"`
}

// Roles are those of this process that can be killed on purpose.
type Roles []*Role

// Extension lets every client kill them: it is for one's own machine.
func (rs Roles) Extension() chatgw.Extension {
	return chatgw.Extension{Name: Name, Handle: func(_ context.Context, c chatgw.Client, r chatgw.Request) error {
		q, err := chatgw.DecodeBody[Request](r.Body)
		if err != nil {
			return err
		}
		return c.Go(r, func(ctx context.Context) (any, error) {
			err := rs.do(ctx, q)
			return rs.state(), chatgw.Unavailable(err)
		})
	}}
}

func (rs Roles) state() (s State) {
	for _, r := range rs {
		s.Roles = append(s.Roles, r.state())
	}
	return s
}

// do arms, kills or starts a role and returns when that is done.
func (rs Roles) do(ctx context.Context, q Request) error {
	if q.Point != "" && q.What != Arm {
		return wire.Invalidf("point is %.40q, which only %s has", q.Point, Arm)
	}
	want := order{}
	switch q.What {
	case Show:
		return nil
	case Start:
		want.place = placeHere
	case Kill:
		want.place = placeKilled
	case Arm:
		step, ok := crashStep(q.Role, q.Point)
		if !ok {
			return wire.Invalidf("%s has no point %.40q: a participant dies when it has %s, a coordinator when it has %s or %s", q.Role, q.Point, Voted, Prepared, Decided)
		}
		want = order{place: placeApart, step: step, point: q.Point}
	default:
		return wire.Invalidf("what is %.40q, allowed are %s, %s, %s and %s", q.What, Show, Arm, Kill, Start)
	}
	for _, r := range rs {
		if r.name == q.Role {
			ctx, cancel := context.WithTimeout(ctx, actTimeout)
			defer cancel()
			return r.do(ctx, want)
		}
	}
	return wire.Invalidf("role is %.40q, which cannot be killed here", q.Role)
}

// crashStep is where an armed role dies, by the points that people know.
func crashStep(role, point string) (step string, ok bool) {
	steps := map[[2]string]string{
		{food.Inventory, Voted}:         participants.StepVoteSent,
		{food.Delivery, Voted}:          participants.StepVoteSent,
		{catalog.Coordinator, Prepared}: coordinator.StepPrepareSent,
		{catalog.Coordinator, Decided}:  coordinator.StepAppendAfter,
	}
	step, ok = steps[[2]string{role, point}]
	return step, ok
}
