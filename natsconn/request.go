package natsconn

import (
	"cmp"
	"context"

	"github.com/nats-io/nats.go"
)

// maxGathered bounds the answers to one request that wait to be read.
const maxGathered = 1024

// Gather sends a request and passes every answer to each, until each returns false
// or ctx ends; neither is an error. It returns [nats.ErrNoResponders] if no service
// is subscribed to subject, and a [*PermissionError] as soon as the broker refuses
// to take the request or to deliver the answers. The answers arrive at an inbox of
// its own, so that no other refusal is mistaken for one of its own.
func Gather(ctx context.Context, nc *nats.Conn, subject string, data []byte, each func(*nats.Msg) (more bool)) error {
	if ctx.Err() != nil {
		return nil // nothing is sent
	}
	inbox, answers := nc.NewInbox(), make(chan *nats.Msg, maxGathered)
	sub, err := nc.ChanSubscribe(inbox, answers)
	if err != nil {
		return err
	}
	defer func() { _ = sub.Unsubscribe() }() // it fails only on a closed connection
	mark, probe := NewMark(nc), NewProbe()
	defer probe.Stop()
	if err := nc.PublishRequest(subject, inbox, data); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-probe.C():
			probe.Again()
			if err := cmp.Or(mark.Publish(subject), mark.Subscribe(inbox)); err != nil {
				return err
			}
		case msg := <-answers:
			if NoResponders(msg) {
				return nats.ErrNoResponders
			}
			if !each(msg) {
				return nil
			}
		}
	}
}

// Request sends a request and returns its first answer. Unlike the method of the
// connection it returns as soon as the broker refuses the request; see [Gather] for
// the errors.
func Request(ctx context.Context, nc *nats.Conn, subject string, data []byte) (answer *nats.Msg, err error) {
	err = Gather(ctx, nc, subject, data, func(msg *nats.Msg) bool {
		answer = msg
		return false
	})
	if err == nil && answer == nil {
		err = ctx.Err()
	}
	return answer, err
}

// NoResponders reports whether msg is the broker's notice that a request had no
// subscriber.
func NoResponders(msg *nats.Msg) bool {
	return len(msg.Data) == 0 && msg.Header.Get("Status") == "503"
}
