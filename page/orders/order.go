package orders

import (
	"context"
	"errors"
	"time"

	"parley/chatgw/frame"
	"parley/coordinator/txclient"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/txwire"
)

const (
	// voteTimeout is the time that participants have to vote: long enough to
	// bring one back that was stopped on the stage.
	voteTimeout = 20 * time.Second
	// orderTimeout bounds how long an order is asked for; then its outcome is
	// unknown to the person, who may ask again with the same key.
	orderTimeout = 40 * time.Second
)

// Order places an order and waits for its outcome. The error is a [*wire.Error]
// that says that nothing was started; an outcome that is not known is an
// outcome with that status.
func (d *Desk) Order(ctx context.Context, o frame.Order) (txwire.Outcome, error) {
	stock, err := wire.Check(food.StockOrder{V: wire.Version, Item: o.Item, Quantity: o.Quantity})
	if err != nil {
		return txwire.Outcome{}, err
	}
	courier, err := wire.Check(food.CourierOrder{V: wire.Version, Zone: o.Zone})
	if err != nil {
		return txwire.Outcome{}, err
	}
	if err := wire.CheckKey(o.Key); err != nil {
		return txwire.Outcome{}, &wire.Error{Code: wire.CodeInvalid, Text: err.Error()}
	}
	d.mu.Lock()
	client := d.client
	d.book.follow(o.Key)
	d.mu.Unlock()
	if client == nil {
		return txwire.Outcome{}, errStopped
	}
	ctx, cancel := context.WithTimeout(ctx, orderTimeout)
	defer cancel()
	out, err := client.Submit(ctx, txclient.Request{
		Key: o.Key, Timeout: voteTimeout,
		Branches: []txwire.Branch{
			{Participant: food.Inventory, Payload: wire.Encode(stock)},
			{Participant: food.Delivery, Payload: wire.Encode(courier)},
		},
	})
	if err != nil && !errors.Is(err, txclient.ErrUnknown) {
		return txwire.Outcome{}, asWire(err)
	}
	out.V = wire.Version
	if !out.ID.IsZero() {
		d.mu.Lock()
		d.book.add(frame.TxEvent{
			At: time.Now().UnixMicro(), Kind: kindOutcome, Tx: out.ID.String(), Status: string(out.Status), Reason: out.Reason, Key: out.Key,
		})
		d.mu.Unlock()
	}
	return out, nil
}
