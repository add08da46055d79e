package traffic

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"parley/coordinator/txclient"
	"parley/participants/food"
	"parley/test/model"
	"parley/wire"
	"parley/wire/txwire"
)

const (
	// DefaultPatience is how long a client asks for an order: longer than an
	// election takes, so that most wait for their answer.
	DefaultPatience = 12 * time.Second
	// hurry bounds the patience of those in a hurry, who often learn nothing.
	hurry = 60 * time.Millisecond
	// collect is the time to collect votes. It is shorter than a participant
	// may be away, so that some time out.
	collect = 5 * time.Second
	// maxThink is between two orders of a client.
	maxThink = 150 * time.Millisecond
)

// orderer is a client that orders one thing after the other.
type orderer struct {
	name    string
	history *model.History
	rng     *rand.Rand
	client  *txclient.Client
	// patience is how long it asks for one order.
	patience time.Duration
	// via is the only broker it knows, empty for all.
	via string
	// other is the client of those that ask for the same thing at the same time.
	other *txclient.Client
	// events: every other order has an event.
	events bool
}

// run orders until ctx ends. What was ordered before is waited for.
func (o *orderer) run(ctx context.Context) {
	for n := 0; pause(ctx, time.Duration(o.rng.Int64N(int64(maxThink)))); n++ {
		order := &model.Order{
			Key: fmt.Sprintf("%s-%d", o.name, n), Item: fmt.Sprintf("item-%d", o.rng.IntN(8)), Quantity: int64(1 + o.rng.IntN(9)),
			Zone: fmt.Sprintf("zone-%d", o.rng.IntN(4)), Asked: time.Now(),
		}
		waits, twice := o.patience, false
		switch o.rng.IntN(25) {
		case 0:
			order.Item = "nothing" // there is no such thing; the courier is set free again
		case 1:
			order.Zone = "nowhere" // nobody goes there; the item is put back
		case 2, 3:
			waits = time.Duration(o.rng.Int64N(int64(hurry)))
		case 4:
			twice = true
		}
		if o.events && n%2 == 0 {
			order.Event = eventOf(order.Key)
		}
		o.history.Order(order)
		// An order goes on when the traffic is to end: it was asked.
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), waits)
		var both sync.WaitGroup
		if twice {
			both.Go(func() { ask(deadline, o.other, o.history, order, model.Answer{}) })
		}
		ask(deadline, o.client, o.history, order, model.Answer{Via: o.via})
		both.Wait()
		cancel()
	}
}

// Order asks for one order, by clients that know all brokers. It may be asked
// again.
func (t *Traffic) Order(ctx context.Context, o *model.Order) {
	if len(o.Answers) == 0 {
		if t.cfg.Events > 0 {
			o.Event = eventOf(o.Key)
		}
		t.history.Order(o)
	}
	ask(ctx, t.client, t.history, o, model.Answer{})
}

// ask asks for an order and writes down the answer.
func ask(ctx context.Context, client *txclient.Client, h *model.History, o *model.Order, a model.Answer) {
	r := txclient.Request{Key: o.Key, Timeout: collect, Branches: []txwire.Branch{
		{Participant: food.Inventory, Payload: wire.Encode(food.StockOrder{V: wire.Version, Item: o.Item, Quantity: o.Quantity})},
		{Participant: food.Delivery, Payload: wire.Encode(food.CourierOrder{V: wire.Version, Zone: o.Zone})},
	}}
	if o.Event != "" {
		r.Events = []txwire.Event{{Subject: o.Event, Data: []byte(o.Key)}}
	}
	if o.Quantity == 1 {
		r.Wait = txwire.WaitApplied
	}
	began := time.Now()
	outcome, err := client.Submit(ctx, r)
	a.At, a.ID, a.Why = time.Now(), outcome.ID, outcome.Reason
	a.Took = a.At.Sub(began)
	switch {
	case err == nil && outcome.Status == txwire.StatusCommitted:
		a.Verdict = model.Committed
	case err == nil && outcome.Status == txwire.StatusAborted:
		a.Verdict = model.Aborted
	case errors.Is(err, txclient.ErrUnknown):
		a.Verdict = model.Unknown
	default:
		a.Verdict = model.Refused
		if wire.CodeOf(err) != wire.CodeUnavailable {
			h.Complain(model.AboutAnswers, "order %s was refused as a request: %v", o.Key, err)
		}
	}
	h.Answer(o, a)
}
