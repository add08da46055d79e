package orders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"parley/coordinator/txclient"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/txwire"
)

const (
	// answerTimeout bounds the answer to a question.
	answerTimeout = 5 * time.Second
	// voteTimeout is the time that participants have to vote: long enough to
	// start one again that was stopped on purpose.
	voteTimeout = 20 * time.Second
	// orderTimeout bounds how long the outcome of an order is waited for; then it is
	// unknown to the person, who may repeat the order with the same key.
	orderTimeout = 40 * time.Second
)

// answer returns what a request is answered with.
func (s *Service) answer(ctx context.Context, r Request) (any, error) {
	timeout := answerTimeout
	if r.What == Order {
		timeout = orderTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	switch r.What {
	case Menu:
		return forward[food.Items](ctx, s.nc, food.Inventory, food.SubjectItems, wire.Encode(food.ItemsRequest{V: wire.Version}))
	case Couriers:
		return forward[food.Couriers](ctx, s.nc, food.Delivery, food.SubjectCouriers, wire.Encode(food.CouriersRequest{V: wire.Version}))
	case Order:
		return s.order(ctx, r)
	case Tx:
		return s.seen(ctx, r.ID)
	case Txs:
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.index.newest(), nil
	default:
		return nil, wire.Invalidf("what is %.40q, allowed are %s, %s, %s, %s, %s, %s and %s", r.What, Menu, Couriers, Order, Tx, Txs, Watch, Unwatch)
	}
}

// forward passes a request on to a service and its answer back, once that was
// checked.
func forward[T any, M wire.Message[T]](ctx context.Context, nc *nats.Conn, service, subject string, request []byte) (json.RawMessage, error) {
	m, err := nc.RequestWithContext(ctx, subject, request)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, fmt.Errorf("%s is not running", service)
	case err != nil:
		return nil, fmt.Errorf("%s did not answer: %w", service, err)
	}
	if _, err := wire.Decode[T, M](m.Data); err != nil {
		return nil, &wire.Error{Code: wire.CodeInternal, Text: fmt.Sprintf("%s answered what cannot be read: %v", service, err)}
	}
	return m.Data, nil
}

// seen returns what is known of a transaction here and at the coordinators.
func (s *Service) seen(ctx context.Context, text string) (any, error) {
	id, err := txwire.ParseID(text)
	if err != nil {
		return nil, wire.Invalidf("%v", err)
	}
	s.mu.Lock()
	tx, ok := s.index.tx(id.String())
	client := s.client
	s.mu.Unlock()
	if client == nil {
		return nil, errStopped
	}
	if !ok {
		tx.ID = id.String()
	}
	o, err := client.Status(ctx, id)
	if err != nil && !errors.Is(err, txclient.ErrUnknown) {
		if ok {
			return tx, nil // no coordinator answers; what was seen was seen
		}
		return nil, err
	}
	if tx.Status, tx.Code = o.Status, o.Code; o.Reason != "" {
		tx.Reason = o.Reason
	}
	return tx, nil
}

// order places an order and returns its outcome. An error means that nothing was
// started; an outcome that is not known is an outcome with that status.
func (s *Service) order(ctx context.Context, r Request) (any, error) {
	stock, err := wire.Check(food.StockOrder{V: wire.Version, Item: r.Item, Quantity: r.Quantity})
	if err != nil {
		return nil, err
	}
	courier, err := wire.Check(food.CourierOrder{V: wire.Version, Zone: r.Zone})
	if err != nil {
		return nil, err
	}
	if err := wire.CheckKey(r.Key); err != nil {
		return nil, wire.Invalidf("%v", err)
	}
	s.mu.Lock()
	client := s.client
	s.index.follow(r.Key)
	s.mu.Unlock()
	if client == nil {
		return nil, errStopped
	}
	out, err := client.Submit(ctx, txclient.Request{
		Key: r.Key, Timeout: voteTimeout,
		Branches: []txwire.Branch{
			{Participant: food.Inventory, Payload: wire.Encode(stock)},
			{Participant: food.Delivery, Payload: wire.Encode(courier)},
		},
	})
	if err != nil && !errors.Is(err, txclient.ErrUnknown) {
		return nil, err
	}
	out.V = wire.Version
	if !out.ID.IsZero() {
		s.mu.Lock()
		s.index.add(TxEvent{At: time.Now().UnixMicro(), Kind: kindOutcome, Tx: out.ID.String(), Status: string(out.Status), Reason: out.Reason, Key: out.Key})
		s.mu.Unlock()
	}
	return out, nil
}
