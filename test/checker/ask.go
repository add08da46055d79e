package checker

import (
	"context"
	"fmt"
	"time"

	"parley/participants/food"
	"parley/test/model"
	"parley/test/proc"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

// askWithin bounds one question to a participant that may be dead. It is repeated.
const askWithin = 5 * time.Second

// Ask asks running participants what they have of orders, and for their items and
// couriers, each question until it is answered.
func Ask(ctx context.Context, nc *nats.Conn, orders []*model.Order) (*Stores, error) {
	s := &Stores{Journals: map[string]Journal{}}
	for _, name := range both {
		var j Journal
		for _, o := range orders {
			b, err := ask[txwire.Branches](ctx, nc, txwire.BranchSubject(name), wire.Encode(txwire.BranchQuery{V: wire.Version, Key: o.Key}))
			if err != nil {
				return nil, err
			}
			j.Violations = refused(b.Violations)
			for _, i := range b.Branches {
				j.Branches = append(j.Branches, Branch{ID: i.ID, Key: o.Key, State: i.State})
			}
		}
		s.Journals[name] = j
	}
	items, err := ask[food.Items](ctx, nc, food.SubjectItems, wire.Encode(food.ItemsRequest{V: wire.Version}))
	if err != nil {
		return nil, err
	}
	couriers, err := ask[food.Couriers](ctx, nc, food.SubjectCouriers, wire.Encode(food.CouriersRequest{V: wire.Version}))
	s.Items, s.Couriers = items.Items, couriers.Couriers
	return s, err
}

// Doubts asks both participants once how many branches are in doubt, and what they
// refused.
func Doubts(ctx context.Context, nc *nats.Conn) (prepared int, violations []Refused, err error) {
	for _, name := range both {
		b, err := Branches(ctx, nc, name, txwire.BranchQuery{})
		if err != nil {
			return 0, nil, err
		}
		prepared += b.Prepared
		violations = append(violations, refused(b.Violations)...)
	}
	return prepared, violations, nil
}

// Branches asks a participant once for branches.
func Branches(ctx context.Context, nc *nats.Conn, participant string, q txwire.BranchQuery) (txwire.Branches, error) {
	q.V = wire.Version
	b, err := askOnce[txwire.Branches](ctx, nc, txwire.BranchSubject(participant), wire.Encode(q))
	if err != nil {
		err = fmt.Errorf("asking %s for its branches: %w", participant, err)
	}
	return b, err
}

func refused(of []txwire.Violation) (all []Refused) {
	for _, v := range of {
		all = append(all, Refused{ID: v.ID, Why: v.Of + ": " + v.Reason})
	}
	return all
}

func ask[T any, M wire.Message[T]](ctx context.Context, nc *nats.Conn, subject string, request []byte) (v T, err error) {
	late := time.After(proc.Patience)
	for {
		if v, err = askOnce[T, M](ctx, nc, subject, request); err == nil {
			return v, nil
		}
		select {
		case <-late:
			return v, fmt.Errorf("%s: %w", subject, err)
		case <-ctx.Done():
			return v, fmt.Errorf("%s: %w", subject, err)
		case <-time.After(proc.Poll):
		}
	}
}

func askOnce[T any, M wire.Message[T]](ctx context.Context, nc *nats.Conn, subject string, request []byte) (v T, err error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	m, err := nc.RequestWithContext(ctx, subject, request)
	if err != nil {
		return v, err
	}
	v, err = wire.Decode[T, M](m.Data)
	if b, ok := any(v).(txwire.Branches); ok && err == nil && b.Code != "" {
		err = fmt.Errorf("%s: %s", b.Code, b.Reason)
	}
	return v, err
}
