package orders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"parley/chatgw/frame"
	"parley/coordinator/txclient"
	"parley/idworker/snowflake"
	"parley/participants/food"
	"parley/wire"
	"parley/wire/idwire"
	"parley/wire/txwire"
)

// askTimeout bounds one question.
const askTimeout = 5 * time.Second

var errStopped = &wire.Error{Code: wire.CodeUnavailable, Text: "the gateway is stopping"}

// Ask answers a question; errors are a [*wire.Error].
func (d *Desk) Ask(ctx context.Context, a frame.Ask) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	switch a.What {
	case frame.AskMenu:
		return question[food.Items](ctx, d.deps.NATS, food.Inventory, food.SubjectItems, wire.Encode(food.ItemsRequest{V: wire.Version}))
	case frame.AskCouriers:
		return question[food.Couriers](ctx, d.deps.NATS, food.Delivery, food.SubjectCouriers, wire.Encode(food.CouriersRequest{V: wire.Version}))
	case frame.AskTx:
		return d.askTx(ctx, a.ID)
	case frame.AskTxs:
		d.mu.Lock()
		defer d.mu.Unlock()
		return data(d.book.newest()), nil
	case frame.AskID:
		return d.askID(ctx, a.ID)
	case frame.AskWorkers:
		return d.askWorkers(ctx)
	case frame.AskStage:
		if d.deps.Stage == nil {
			return nil, noStage()
		}
		return data(d.deps.Stage.State()), nil
	default:
		return nil, &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("there is nothing to know about %.40q", a.What)}
	}
}

// question passes a request on to a service and its answer back, once that was
// checked.
func question[T any, M wire.Message[T]](ctx context.Context, nc *nats.Conn, who, subject string, request []byte) (json.RawMessage, error) {
	m, err := nc.RequestWithContext(ctx, subject, request)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, &wire.Error{Code: wire.CodeUnavailable, Text: who + " is not running"}
	case err != nil:
		return nil, &wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf("%s did not answer: %v", who, err)}
	}
	if _, err := wire.Decode[T, M](m.Data); err != nil {
		return nil, &wire.Error{Code: wire.CodeInternal, Text: fmt.Sprintf("%s answered what cannot be read: %v", who, err)}
	}
	return m.Data, nil
}

// data is v in JSON.
func data(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("orders: an answer cannot be written as JSON: %v", err))
	}
	return b
}

func (d *Desk) askTx(ctx context.Context, text string) (json.RawMessage, error) {
	id, err := txwire.ParseID(text)
	if err != nil {
		return nil, &wire.Error{Code: wire.CodeInvalid, Text: err.Error()}
	}
	d.mu.Lock()
	s, ok := d.book.tx(id.String())
	client := d.client
	d.mu.Unlock()
	if client == nil {
		return nil, errStopped
	}
	if !ok {
		s.ID = id.String()
	}
	o, err := client.Status(ctx, id)
	if err != nil && !errors.Is(err, txclient.ErrUnknown) {
		if ok {
			return data(s), nil // no coordinator can be asked; what was seen was seen
		}
		return nil, asWire(err)
	}
	if s.Status, s.Code = o.Status, o.Code; o.Reason != "" {
		s.Reason = o.Reason
	}
	return data(s), nil
}

func (d *Desk) askID(ctx context.Context, text string) (json.RawMessage, error) {
	var id snowflake.ID
	var err error
	if text == "" {
		id, err = d.deps.IDs.Next(ctx)
	} else if id, err = snowflake.ParseID(text); err != nil {
		if short, shortErr := snowflake.ParseShort(text); shortErr == nil {
			id, err = short, nil
		} else {
			err = &wire.Error{Code: wire.CodeInvalid, Text: err.Error()}
		}
	}
	if err != nil {
		return nil, asWire(err)
	}
	return data(frame.IDParts{
		ID: id, Short: id.Short(), At: id.Time().UnixMilli(), Timestamp: id.Timestamp(), Worker: id.Worker(), Sequence: id.Sequence(),
	}), nil
}

func (d *Desk) askWorkers(ctx context.Context) (json.RawMessage, error) {
	leases, err := d.deps.IDs.Leases(ctx)
	if err != nil {
		return nil, asWire(err)
	}
	workers, err := d.deps.IDs.Workers(ctx)
	if err != nil {
		return nil, asWire(err)
	}
	return data(frame.WorkersSeen{Leases: leases, Workers: append([]idwire.IDWorkerState{}, workers...)}), nil
}

// asWire gives an error a code.
func asWire(err error) error {
	if _, ok := errors.AsType[*wire.Error](err); ok {
		return err
	}
	return &wire.Error{Code: wire.CodeUnavailable, Text: err.Error()}
}

func noStage() error {
	return &wire.Error{Code: wire.CodeInvalid, Text: "this gateway offers no stage: only `parley up` does"}
}

// Stage breaks or starts a role.
func (d *Desk) Stage(ctx context.Context, s frame.Stage) (json.RawMessage, error) {
	if d.deps.Stage == nil {
		return nil, noStage()
	}
	state, err := d.deps.Stage.Do(ctx, s)
	if err != nil {
		return nil, asWire(err)
	}
	return data(state), nil
}
