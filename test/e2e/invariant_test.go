package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"parley/internal/streams"
	"parley/participants/food"
	"parley/test/checker"
	"parley/test/model"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go/micro"
)

// askFor bounds one question to a participant that may be dead; it is repeated.
const askFor = 5 * time.Second

func (s *harness) branches(participant string, q txwire.BranchQuery) (txwire.Branches, error) {
	return checker.Branches(s.Context(), s.nc, participant, q)
}

func (s *harness) items() []food.Item { s.Helper(); return s.stores(nil).Items }

// inDoubt returns nil when both participants answer and hold no prepared branch.
func (s *harness) inDoubt() error {
	n, _, err := checker.Doubts(s.Context(), s.nc)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d branches are in doubt", n)
	}
	return err
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
	h := model.New()
	for _, o := range s.orders {
		h.Orders = append(h.Orders, s.history(o))
	}
	stores := s.stores(h.Orders)
	for _, v := range append(checker.Orders(h, stores), checker.Goods(h, stores, func(item string) int64 { return s.stock[item] })...) {
		s.Error(v)
	}
}

func (s *harness) stores(orders []*model.Order) *checker.Stores {
	s.Helper()
	stores, err := checker.Ask(s.Context(), s.nc, orders)
	if err != nil {
		s.Fatal(err)
	}
	return stores
}

// history returns an order with the answer that its client received, if it is known.
func (s *harness) history(o *order) *model.Order {
	s.Helper()
	m := &model.Order{Key: o.key, Item: o.item, Quantity: o.quantity, Zone: o.zone}
	switch o.answer() {
	case string(txwire.StatusCommitted):
		m.Answers = []model.Answer{{Verdict: model.Committed, ID: o.reply.ID}}
	case string(txwire.StatusAborted):
		m.Answers = []model.Answer{{Verdict: model.Aborted, Why: o.reply.Reason}}
	case "rejected":
		if wire.CodeOf(o.err) != wire.CodeUnavailable {
			s.Errorf("%s was rejected: %v", o.key, o.err)
		}
		m.Answers = []model.Answer{{Verdict: model.Refused}}
	}
	return m
}

// outcome checks one order and reports whether it is committed.
func (s *harness) outcome(o *order) bool {
	s.Helper()
	h := model.New()
	h.Orders = append(h.Orders, s.history(o))
	stores := s.stores(h.Orders)
	for _, v := range checker.Orders(h, stores) {
		s.Error(v)
	}
	return slices.ContainsFunc(stores.Journals[food.Inventory].Branches, func(b checker.Branch) bool { return b.State == txwire.BranchCommitted })
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
