package natsconn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// PermissionError is the broker's refusal of a publish or a subscription. It is
// [nats.ErrPermissionViolation].
type PermissionError struct {
	// Subject is what was refused; Publish tells a publish from a subscription.
	Subject string
	Publish bool
	err     error
}

func (e *PermissionError) Error() string {
	if e.Publish {
		return fmt.Sprintf("the broker refuses to let this user publish on %q: it needs the NATS permission to publish there", e.Subject)
	}
	return fmt.Sprintf("the broker refuses to let this user subscribe to %q, where answers arrive: it needs the NATS permission to subscribe there", e.Subject)
}

func (e *PermissionError) Unwrap() error { return e.err }

// A Mark is the moment before something was sent. The broker answers a publish
// that it refuses with an error that belongs to the connection alone: nobody
// waits for it, and whoever waits for an answer to what was sent waits in vain.
// A mark finds it again.
//
// It reads the last error of the connection, and leaves its error handler to the
// owner. Of two errors that arrive at the same moment the first can be missed.
type Mark struct {
	nc     *nats.Conn
	before error
}

// NewMark is to be made before what may be refused is sent.
func NewMark(nc *nats.Conn) Mark { return Mark{nc: nc, before: nc.LastError()} }

// Publish returns the [*PermissionError] with which the broker has refused a
// publish on subject since the mark, or nil.
func (m Mark) Publish(subject string) error {
	err := m.nc.LastError()
	// Each refusal is an error of its own, also when its text is the same.
	if err == nil || err == m.before || !errors.Is(err, nats.ErrPermissionViolation) {
		return nil
	}
	if !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(`publish to "`+subject+`"`)) {
		return nil
	}
	return &PermissionError{Subject: subject, Publish: true, err: err}
}

// Subscribe returns the [*PermissionError] with which the broker has refused a
// subscription whose subject begins with prefix, or nil. It need not have come
// after the mark: without that subscription no answer ever arrives.
func (m Mark) Subscribe(prefix string) error {
	err := m.nc.LastError()
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return nil
	}
	_, subject, ok := strings.Cut(err.Error(), `Subscription to "`)
	if !ok || !strings.HasPrefix(subject, prefix) {
		return nil
	}
	subject, _, _ = strings.Cut(subject, `"`)
	return &PermissionError{Subject: subject, err: err}
}

// Request sends a request and waits for its answer. Unlike that of the connection
// it returns as soon as the broker refuses to take the request or to deliver the
// answer, with a [*PermissionError]; its inbox is for this answer alone, so that
// no other refusal is taken for its own.
func Request(ctx context.Context, nc *nats.Conn, subject string, data []byte) (*nats.Msg, error) {
	inbox, box := nc.NewInbox(), make(chan *nats.Msg, 1)
	sub, err := nc.ChanSubscribe(inbox, box)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // an error means that the connection is closed
	mark, probe := NewMark(nc), NewProbe()
	defer probe.Stop()
	if err := nc.PublishRequest(subject, inbox, data); err != nil {
		return nil, err
	}
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-probe.C():
			probe.Again()
			if err := cmp.Or(mark.Publish(subject), mark.Subscribe(inbox)); err != nil {
				return nil, err
			}
		case msg := <-box:
			if len(msg.Data) == 0 && msg.Header.Get("Status") == "503" {
				return nil, nats.ErrNoResponders
			}
			return msg, nil
		}
	}
}

// Probe is when to look for a refusal: soon after something was sent, which is
// when it arrives, and then less often.
type Probe struct {
	timer *time.Timer
	next  time.Duration
}

const (
	// firstProbe is longer than an answer takes in which everything works.
	firstProbe = 10 * time.Millisecond
	lastProbe  = 200 * time.Millisecond
)

// NewProbe starts with the shortest pause. It must be stopped.
func NewProbe() *Probe { return &Probe{timer: time.NewTimer(firstProbe), next: 2 * firstProbe} }

// C receives when it is time to look.
func (p *Probe) C() <-chan time.Time { return p.timer.C }

// Again sets the next time; to be called after each receive from C.
func (p *Probe) Again() {
	p.timer.Reset(p.next)
	p.next = min(2*p.next, lastProbe)
}

// Stop ends it.
func (p *Probe) Stop() { p.timer.Stop() }
