package traffic

import (
	"context"
	"time"

	"parley/test/ids"
	"parley/test/model"
	"parley/wire"
	"parley/wire/idwire"

	"github.com/nats-io/nats.go"
)

const (
	// answerWithin bounds one request to an idworker.
	answerWithin = time.Second
	// betweenIDs is between two requests.
	betweenIDs = 20 * time.Millisecond
	// atOnce is how many IDs are asked for, blockSize how many of a block.
	atOnce, blockSize = 20, 500
)

// asker asks for IDs, one request after the other.
type asker struct {
	nc      *nats.Conn
	history *model.History
	order   *ids.Order
	blocks  bool
}

func newAsker(nc *nats.Conn, h *model.History, i int) *asker {
	return &asker{nc: nc, history: h, order: ids.NewOrder(), blocks: i%2 == 1}
}

func (a *asker) run(ctx context.Context) {
	for pause(ctx, betweenIDs) {
		var err error
		if a.blocks {
			err = a.block(ctx)
		} else {
			err = a.some(ctx)
		}
		if err != nil {
			a.history.Complain(model.AboutIDs, "%v", err)
		}
	}
}

// some asks for IDs one by one.
func (a *asker) some(ctx context.Context) error {
	data, ok := a.request(ctx, idwire.SubjectNext, wire.Encode(idwire.Request{V: wire.Version, Count: atOnce}))
	if !ok {
		return nil
	}
	m, err := wire.Decode[idwire.IDs](data)
	if err != nil || m.Code != "" {
		return err
	}
	for _, id := range m.IDs {
		if err := a.history.IDs.ID(id); err != nil {
			return err
		}
		if err := a.order.Next(id, id); err != nil {
			return err
		}
	}
	a.history.Count("ids", len(m.IDs))
	return nil
}

// block asks for many.
func (a *asker) block(ctx context.Context) error {
	data, ok := a.request(ctx, idwire.SubjectGrant, wire.Encode(idwire.GrantRequest{V: wire.Version, Count: blockSize}))
	if !ok {
		return nil
	}
	m, err := wire.Decode[idwire.Grant](data)
	if err != nil || m.Code != "" {
		return err
	}
	b := m.Block()
	if err := a.history.IDs.Block(b); err != nil {
		return err
	}
	a.history.Count("ids", b.Count)
	return a.order.Next(b.At(0), b.At(b.Count-1))
}

// request asks. What is not answered in time is lost as far as anybody is
// concerned.
func (a *asker) request(ctx context.Context, subject string, data []byte) ([]byte, bool) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	m, err := a.nc.RequestWithContext(ctx, subject, data)
	if err != nil {
		return nil, false
	}
	return m.Data, true
}
