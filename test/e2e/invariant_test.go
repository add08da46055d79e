package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"parley/internal/streams"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go/micro"
)

// askFor bounds one question to a participant that may be dead; it is repeated.
const askFor = 5 * time.Second

func ask[T any, M wire.Message[T]](s *harness, subject string, request []byte) (T, error) {
	ctx, cancel := context.WithTimeout(s.Context(), askFor)
	defer cancel()
	msg, err := s.nc.RequestWithContext(ctx, subject, request)
	if err != nil {
		var none T
		return none, fmt.Errorf("%s: %w", subject, err)
	}
	return wire.Decode[T, M](msg.Data)
}

func (s *harness) branches(participant string, q txwire.BranchQuery) (txwire.Branches, error) {
	q.V = wire.Version
	b, err := ask[txwire.Branches](s, txwire.BranchSubject(participant), wire.Encode(q))
	if err == nil && b.Code != "" {
		err = fmt.Errorf("%s cannot answer: %s: %s", participant, b.Code, b.Reason)
	}
	return b, err
}

// must repeats a question until it is answered.
func must[T any](s *harness, question func() (T, error)) (v T) {
	s.Helper()
	eventually(s, patience, "asking", func() (err error) { v, err = question(); return err })
	return v
}

func (s *harness) items() []food.Item {
	s.Helper()
	return must(s, func() (food.Items, error) {
		return ask[food.Items](s, food.SubjectItems, wire.Encode(food.ItemsRequest{V: wire.Version}))
	}).Items
}

func (s *harness) couriers() []food.Courier {
	s.Helper()
	return must(s, func() (food.Couriers, error) {
		return ask[food.Couriers](s, food.SubjectCouriers, wire.Encode(food.CouriersRequest{V: wire.Version}))
	}).Couriers
}

// inDoubt returns nil when both participants answer and hold no prepared branch.
func (s *harness) inDoubt() error {
	for _, name := range both {
		b, err := s.branches(name, txwire.BranchQuery{})
		if err != nil {
			return err
		}
		if b.Prepared > 0 {
			return fmt.Errorf("%s has %d branches in doubt", name, b.Prepared)
		}
	}
	return nil
}

// known returns nil when the participants hold a branch of the order, in any state.
func (s *harness) known(o *order, names []string) error {
	for _, name := range names {
		b, err := s.branches(name, txwire.BranchQuery{Key: o.key})
		if err == nil && len(b.Branches) == 0 {
			err = fmt.Errorf("%s knows nothing of %s", name, o.key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// asked is how often a participant has asked what became of a branch.
func (s *harness) asked(name string) (n uint64, err error) {
	subject, err := micro.ControlSubject(micro.StatsVerb, name, "")
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(s.Context(), askFor)
	defer cancel()
	msg, err := s.nc.RequestWithContext(ctx, subject, nil)
	if err != nil {
		return 0, err
	}
	var stats micro.Stats
	if err := json.Unmarshal(msg.Data, &stats); err != nil {
		return 0, err
	}
	var counts struct{ Asked uint64 }
	err = json.Unmarshal(stats.Endpoints[0].Data, &counts)
	return counts.Asked, err
}

// unfinished returns nil when the only logs are those of living coordinators, and
// these have nothing to do.
func (s *harness) unfinished() error {
	states, err := s.client.Coordinators(s.Context())
	if err != nil {
		return err
	}
	living := 0
	for _, c := range s.coordinators {
		if !c.Ended() {
			living++
		}
	}
	if len(states) != living {
		return fmt.Errorf("%d of %d coordinators answer", len(states), living)
	}
	left := s.logs()
	for _, c := range states {
		if c.Undecided+c.Unfinished+len(c.Adopted) > 0 {
			return fmt.Errorf("a coordinator is at work: %+v", c)
		}
		delete(left, txwire.LogSubject(c.Log))
	}
	if len(left) > 0 {
		return fmt.Errorf("logs of nobody: %v", left)
	}
	return nil
}

// check compares the participants with each other and with the answers that the
// clients received. Nothing may be under way.
func (s *harness) check() {
	s.Helper()
	stock, assigned := map[string]int64{}, map[string]int64{}
	for item, n := range s.stock {
		stock[item] = n
	}
	for _, o := range s.orders {
		if s.outcome(o) {
			stock[o.item] -= o.quantity
			assigned[o.zone]++
		}
	}
	for _, i := range s.items() {
		if i.Stock != stock[i.Item] || i.Reserved != 0 {
			s.Errorf("%s: stock %d and reserved %d, want %d and 0", i.Item, i.Stock, i.Reserved, stock[i.Item])
		}
	}
	got := map[string]int64{}
	for _, c := range s.couriers() {
		if got[c.Zone] += c.Assigned; c.Reserved != 0 {
			s.Errorf("courier %d is reserved %d times", c.ID, c.Reserved)
		}
	}
	for zone, n := range got {
		if n != assigned[zone] {
			s.Errorf("%s: %d orders are with couriers, want %d", zone, n, assigned[zone])
		}
	}
}

// outcome checks one order and reports whether it is committed.
func (s *harness) outcome(o *order) bool {
	s.Helper()
	if o.answer() == "rejected" && wire.CodeOf(o.err) != wire.CodeUnavailable {
		s.Errorf("%s was rejected: %v", o.key, o.err)
	}
	names := both
	if o.zone == "" {
		names = both[:1]
	}
	states := map[txwire.ID]map[string]txwire.BranchState{}
	for _, name := range names {
		b := must(s, func() (txwire.Branches, error) { return s.branches(name, txwire.BranchQuery{Key: o.key}) })
		if len(b.Violations) > 0 {
			s.Errorf("%s has violations: %+v", name, b.Violations)
		}
		for _, i := range b.Branches {
			if states[i.ID] == nil {
				states[i.ID] = map[string]txwire.BranchState{}
			}
			states[i.ID][name] = i.State
		}
	}
	var committed []txwire.ID
	for id, at := range states {
		n := 0
		for _, state := range at {
			switch state {
			case txwire.BranchCommitted:
				n++
			case txwire.BranchPrepared:
				s.Errorf("%s %s is in doubt: %v", o.key, id, at)
			}
		}
		if n > 0 {
			committed = append(committed, id)
			if n != len(names) {
				s.Errorf("%s %s is not atomic: %v", o.key, id, at)
			}
		}
	}
	if len(committed) > 1 {
		s.Errorf("%s committed more than once: %v", o.key, states)
	}
	switch {
	case o.answer() == string(txwire.StatusCommitted) && (len(committed) == 0 || committed[0] != o.reply.ID):
		s.Errorf("%s was answered committed as %s, the participants hold %v", o.key, o.reply.ID, states)
	case o.answer() == string(txwire.StatusAborted) && len(committed) > 0:
		s.Errorf("%s was answered aborted (%s), the participants hold %v", o.key, o.reply.Reason, states)
	case o.answer() == "rejected" && len(committed) > 0:
		s.Errorf("%s was refused before it started (%v), the participants hold %v", o.key, o.err, states)
	}
	return len(committed) > 0
}

// incarnation is that of the commit log stream.
func (s *harness) incarnation() string {
	s.Helper()
	info, err := streams.Check(s.Context(), s.js, txwire.LogStream())
	if err != nil {
		s.Fatal(err)
	}
	return info.Incarnation
}
