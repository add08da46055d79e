package natsconn

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// PermissionError is the broker's refusal of a publish or a subscription. It is
// [nats.ErrPermissionViolation].
type PermissionError struct {
	// Subject is the refused subject, and Publish whether a publish was refused,
	// not a subscription.
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

// Mark is a moment before a publish. The broker reports the refusal of a publish as
// an error of the connection, not of the request, whose sender would wait for an
// answer until its time-out. A mark finds that error.
//
// It reads the last error of the connection, and leaves the error handler to the
// connection's owner. Of two errors that arrive at the same moment the first can be
// missed.
type Mark struct {
	nc     *nats.Conn
	before error
}

// NewMark returns a mark. Call it before the publish that may be refused.
func NewMark(nc *nats.Conn) Mark { return Mark{nc: nc, before: nc.LastError()} }

// Publish returns the [*PermissionError] with which the broker has refused a
// publish on subject since the mark, or nil.
func (m Mark) Publish(subject string) error {
	err := m.nc.LastError()
	// Each refusal is a different error value, also if its text is the same.
	if err == nil || err == m.before || !errors.Is(err, nats.ErrPermissionViolation) {
		return nil
	}
	if !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(`publish to "`+subject+`"`)) {
		return nil
	}
	return &PermissionError{Subject: subject, Publish: true, err: err}
}

// Subscribe returns the [*PermissionError] with which the broker has refused a
// subscription whose subject begins with prefix, or nil. The refusal may precede the
// mark: without that subscription no answer ever arrives.
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

// Probe is a timer for checks of a [Mark]: soon after the publish, when a refusal
// arrives, and then less often.
type Probe struct {
	timer *time.Timer
	next  time.Duration
}

const (
	// firstProbe is longer than a healthy service takes to answer.
	firstProbe = 10 * time.Millisecond
	lastProbe  = 200 * time.Millisecond
)

// NewProbe starts a probe with the shortest interval. Stop it after use.
func NewProbe() *Probe { return &Probe{timer: time.NewTimer(firstProbe), next: 2 * firstProbe} }

// C receives the time of the next check.
func (p *Probe) C() <-chan time.Time { return p.timer.C }

// Again schedules the next check. Call it after each receive from C.
func (p *Probe) Again() {
	p.timer.Reset(p.next)
	p.next = min(2*p.next, lastProbe)
}

// Stop stops the timer.
func (p *Probe) Stop() { p.timer.Stop() }
