package natsconn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/nats-io/nats.go"
)

// watch turns the client's callbacks into log lines and into the end of
// [Connect]. nats.go calls the handlers one after another, except for the
// first attempt, so the state is behind a lock.
type watch struct {
	log *slog.Logger
	at  string // the redacted URL

	up      chan struct{} // closed at the first connect
	refused chan error    // receives the first refusal of credentials before that

	mu            sync.Mutex
	isUp          bool
	outageLogged  bool // the current outage has been logged
	refusalLogged bool // its refusal of the credentials has been logged
	last          error
	denied        bool
}

func newWatch(o Options) *watch {
	at := Redact(o.URL)
	if o.InProcess != nil {
		at = "the broker in this process"
	}
	return &watch{log: o.Log.With("nats", at), at: at, up: make(chan struct{}), refused: make(chan error, 1)}
}

// connected is called once, when the first attempt to connect succeeds.
func (w *watch) connected(nc *nats.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isUp, w.outageLogged = true, false
	close(w.up)
	w.log.Debug("connected to NATS", "server", nc.ConnectedServerName())
}

// attemptFailed is called for every failed attempt, and logs the first of an outage.
func (w *watch) attemptFailed(_ *nats.Conn, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = err
	if authError(err) && !w.isUp && !w.denied {
		w.denied = true
		w.refused <- err
		return
	}
	if !w.outageLogged {
		w.outageLogged = true
		w.log.Warn("NATS cannot be reached, trying again until it can", "err", err)
	}
}

func (w *watch) disconnected(nc *nats.Conn, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.isUp || nc.IsClosed() || nc.IsDraining() {
		return
	}
	w.outageLogged = true
	w.log.Warn("lost the connection to NATS, reconnecting", "err", err)
}

func (w *watch) reconnected(nc *nats.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outageLogged, w.refusalLogged = false, false
	w.log.Info("connected to NATS again", "server", nc.ConnectedServerName())
}

func (w *watch) asyncError(_ *nats.Conn, sub *nats.Subscription, err error) {
	if authError(err) {
		w.denial(err)
		return
	}
	if sub != nil {
		w.log.Error("NATS subscription failed", "subject", sub.Subject, "err", err)
		return
	}
	w.log.Error("NATS connection reported an error", "err", err)
}

// denial logs once per outage that the broker refuses the credentials of an
// established connection. The broker repeats the refusal at each attempt.
func (w *watch) denial(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isUp && !w.refusalLogged {
		w.refusalLogged = true
		w.log.Error("NATS refuses the credentials, trying again until it takes them", "err", err)
	}
}

// unreachable returns the error of a Connect whose context ended.
func (w *watch) unreachable(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	cause := context.Cause(ctx)
	if w.last != nil {
		cause = fmt.Errorf("%w (%w)", w.last, cause)
	}
	return fmt.Errorf("connecting to NATS at %s: %w: is a broker running? start one with `parley broker` or `parley up`", w.at, cause)
}

func authError(err error) bool {
	return errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) ||
		errors.Is(err, nats.ErrAuthRevoked) || errors.Is(err, nats.ErrAccountAuthExpired)
}
