package e2e

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/coordinator/txclient"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/txwire"
)

// order is one order and the answer that its client received.
type order struct {
	key, item string
	quantity  int64
	// zone is empty for an order that needs no courier.
	zone string
	// event is the subject of its event, empty for none.
	event string
	wait  txwire.Wait
	// timeout is for the votes.
	timeout time.Duration

	cancel context.CancelFunc
	done   chan struct{}
	// reply and err are the answer, once done is closed.
	reply txwire.Outcome
	err   error
}

const (
	// voteTimeout is as long as the test waits for anything: no order aborts
	// because a restart or a disk takes long.
	voteTimeout = patience
	// clientPatience is how long a client asks for one order.
	clientPatience = patience
)

// newOrder notes down an order that is unlike the others.
func (s *harness) newOrder() *order {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.orders)
	o := &order{
		key: fmt.Sprintf("order-%d", n), item: fmt.Sprintf("item-%d", n%3), zone: fmt.Sprintf("zone-%d", n%2),
		quantity: int64(1 + n%5), wait: txwire.WaitDecided, timeout: voteTimeout,
	}
	if s.events {
		o.event = eventSubject(o.key)
	}
	s.orders = append(s.orders, o)
	return o
}

func (o *order) request() txclient.Request {
	r := txclient.Request{Key: o.key, Timeout: o.timeout, Wait: o.wait, Branches: []txwire.Branch{
		{Participant: food.Inventory, Payload: wire.Encode(food.StockOrder{V: wire.Version, Item: o.item, Quantity: o.quantity})},
	}}
	if o.zone != "" {
		r.Branches = append(r.Branches, txwire.Branch{Participant: food.Delivery, Payload: wire.Encode(food.CourierOrder{V: wire.Version, Zone: o.zone})})
	}
	if o.event != "" {
		r.Events = []txwire.Event{{Subject: o.event, Data: []byte(o.key)}}
	}
	return r
}

// submit places an order in the background.
func (s *harness) submit(o *order) *order {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.Context()), clientPatience)
	o.cancel, o.done = cancel, make(chan struct{})
	client := s.client
	go func() {
		defer cancel()
		defer close(o.done)
		o.reply, o.err = client.Submit(ctx, o.request())
	}()
	s.Cleanup(func() { cancel(); <-o.done })
	return o
}

// place places an order, which nothing hinders, and waits until it is applied.
func (s *harness) place(o *order) *order {
	s.Helper()
	o.wait = txwire.WaitApplied
	s.submit(o)
	<-o.done
	if o.err != nil || o.reply.Status != txwire.StatusCommitted {
		s.Fatalf("%s: %+v, %v, want committed", o.key, o.reply, o.err)
	}
	return o
}

// answer returns the answer that the client received, in a word.
func (o *order) answer() string {
	switch {
	case o.err == nil:
		return string(o.reply.Status)
	case errors.Is(o.err, txclient.ErrUnknown):
		return "unknown"
	default:
		return "rejected"
	}
}

// repeatAll asks for every order once more; a definite answer must stand.
func (s *harness) repeatAll() {
	s.Helper()
	for _, o := range s.orders {
		before, id := o.answer(), o.reply.ID
		s.submit(o)
		<-o.done
		now := o.answer()
		switch {
		case now != string(txwire.StatusCommitted) && now != string(txwire.StatusAborted):
			s.Errorf("%s asked again: %s (%+v, %v), want a definite answer", o.key, now, o.reply, o.err)
		case before == string(txwire.StatusCommitted) && o.reply.ID != id:
			s.Errorf("%s asked again: committed as %s, before as %s", o.key, o.reply.ID, id)
		case (before == string(txwire.StatusCommitted) || before == string(txwire.StatusAborted)) && before != now:
			s.Errorf("%s asked again: %s (%+v), before %s", o.key, now, o.reply, before)
		}
	}
}
