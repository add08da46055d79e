package orders

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"parley/chatgw"
	"parley/chatgw/frame"
	"parley/wire"
)

const (
	// maxAsking bounds the questions and orders of one client that are under
	// way: a page asks two or three at once.
	maxAsking = 16
	// maxAskingAll bounds those of all clients: each is a goroutine and a
	// request.
	maxAskingAll = 1024
	// busyRetry is when somebody beyond these may ask again.
	busyRetry = time.Second
)

// Handle acts on one frame of a client, see [chatgw.Beside]. What takes a while
// is done beside and answered later.
func (d *Desk) Handle(_ context.Context, c chatgw.Client, f frame.FromClient) error {
	switch f := f.(type) {
	case *frame.Watch:
		if !f.On {
			d.Unwatch(c)
			return nil
		}
		if err := d.Watch(c); err != nil {
			return asWire(err)
		}
		return nil
	case *frame.Ask:
		return d.later(c, f, func(ctx context.Context) ([]byte, error) {
			data, err := d.Ask(ctx, *f)
			return answer(f.Ref, f.What, data), err
		})
	case *frame.Stage:
		return d.later(c, f, func(ctx context.Context) ([]byte, error) {
			data, err := d.Stage(ctx, *f)
			return answer(f.Ref, frame.AskStage, data), err
		})
	case *frame.Order:
		return d.later(c, f, func(ctx context.Context) ([]byte, error) {
			o, err := d.Order(ctx, *f)
			return frame.Encode(frame.Outcome{Ref: f.Ref, Outcome: o}), err
		})
	}
	return &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf("there is no desk for a %T", f)}
}

func answer(ref int64, what string, data json.RawMessage) []byte {
	if data == nil {
		return nil // there is an error instead
	}
	return frame.Encode(frame.Answer{Ref: ref, What: what, Data: data})
}

// later does something beside and sends its answer.
func (d *Desk) later(c chatgw.Client, f frame.FromClient, do func(context.Context) ([]byte, error)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.background == nil:
		return errStopped
	case d.asking[c] >= maxAsking || d.askingAll >= maxAskingAll:
		return &wire.Error{Code: wire.CodeBusy, Text: fmt.Sprintf("too much is being asked: %d of %d questions of this client are under way", d.asking[c], maxAsking)}
	}
	d.asking[c]++
	d.askingAll++
	background := d.background
	d.work.Go(func() {
		defer d.done(c)
		data, err := do(background)
		if err != nil {
			retry := time.Duration(0)
			if code := wire.CodeOf(err); code == wire.CodeBusy || code == wire.CodeUnavailable {
				retry = busyRetry
			}
			data = frame.Encode(frame.Refuse(f, err, retry))
		}
		c.Send(data)
	})
	return nil
}

func (d *Desk) done(c chatgw.Client) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.askingAll--
	if d.asking[c]--; d.asking[c] == 0 {
		delete(d.asking, c)
	}
}

// Gone forgets a client.
func (d *Desk) Gone(c chatgw.Client) { d.Unwatch(c) }
