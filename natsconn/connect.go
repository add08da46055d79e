package natsconn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// DrainTimeout bounds how long a draining connection processes the messages
	// that have arrived: a role's handlers take seconds at most.
	DrainTimeout = 5 * time.Second
	// dialTimeout bounds one attempt at one server.
	dialTimeout = 2 * time.Second
	// pingInterval and maxPings bound how long a dead connection goes
	// undetected, to 6 seconds instead of the client's 6 minutes: no longer than
	// an election takes after a broker failed without closing its connections.
	// Until it is detected, a participant receives no prepare.
	pingInterval = 2 * time.Second
	maxPings     = 2
	// minWait and maxWait bound the pause between attempts. Jitter spreads
	// the reconnects to a broker that was restarted.
	minWait = 100 * time.Millisecond
	maxWait = 2 * time.Second
)

// Options configure [Connect].
type Options struct {
	// URL is one address or several separated by commas, with or without
	// credentials: nats://user:password@host:4222. It is not used with
	// InProcess.
	URL string
	// Name is shown by the broker's listings of connections.
	Name string
	// Creds is the path of a credentials file, if the broker requires one.
	Creds string
	// Log receives one line per event; nil means [slog.Default].
	Log *slog.Logger
	// InProcess connects to a broker in this process, without the network.
	InProcess nats.InProcessConnProvider
}

// Connect blocks until the connection is established, the broker refuses the
// credentials, or ctx ends. The connection outlives ctx; see [Drain].
func Connect(ctx context.Context, o Options) (*nats.Conn, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	w := newWatch(o)
	opts := []nats.Option{
		nats.Name(o.Name),
		nats.Timeout(dialTimeout),
		// The library resolves names without a time-out, and holds its lock
		// meanwhile: with a dead name server every call, also Close, would
		// take half a minute. The dialer resolves them within its time-out.
		nats.SkipHostLookup(),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(maxPings),
		// The full socket of a dead broker would block every call, also the
		// pings, for a minute.
		nats.FlusherTimeout(maxPings * pingInterval),
		nats.ReconnectOnFlusherError(),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(),
		nats.CustomReconnectDelay(wait),
		nats.ReconnectBufSize(-1),
		nats.DrainTimeout(DrainTimeout),
		nats.ConnectHandler(w.connected),
		nats.DisconnectErrHandler(w.disconnected),
		nats.ReconnectHandler(w.reconnected),
		nats.ReconnectErrHandler(w.attemptFailed),
		nats.ErrorHandler(w.asyncError),
	}
	if o.Creds != "" {
		opts = append(opts, nats.UserCredentials(o.Creds))
	}
	if o.InProcess != nil {
		opts = append(opts, nats.InProcessServer(o.InProcess))
	}
	nc, err := nats.Connect(o.URL, opts...)
	if err != nil {
		return nil, fmt.Errorf("connecting to NATS at %s: %w", w.at, err)
	}
	select {
	case <-w.up:
		return nc, nil
	case err = <-w.refused:
		err = fmt.Errorf("connecting to NATS at %s: %w: check the user, password or credentials file", w.at, err)
	case <-ctx.Done():
		err = w.unreachable(ctx)
	}
	nc.Close()
	return nil, err
}

func (o *Options) check() error {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Creds != "" {
		f, err := os.Open(o.Creds)
		if err != nil {
			return fmt.Errorf("opening the NATS credentials file: %w", err)
		}
		f.Close()
	}
	if o.InProcess != nil {
		return nil
	}
	return checkURL(o.URL)
}

// wait returns the pause before the given attempt, counted from 1: it doubles from
// minWait to maxWait, and half of it is random.
func wait(attempt int) time.Duration {
	d := maxWait
	if attempt < 5 {
		d = minWait << max(attempt, 0)
	}
	d = min(d, maxWait)
	return max(minWait, d/2+rand.N(d/2))
}

// Drain unsubscribes, lets the handlers process the messages that have arrived,
// flushes what they published, and closes the connection. It blocks until then, at
// most about [DrainTimeout], or until ctx ends, which closes it immediately.
func Drain(ctx context.Context, nc *nats.Conn) error {
	closed := nc.StatusChanged(nats.CLOSED)
	defer nc.RemoveStatusListener(closed)
	if err := nc.Drain(); err != nil {
		nc.Close()
		// A closed connection has nothing to drain, and a disconnected one cannot
		// send.
		if errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, nats.ErrConnectionReconnecting) {
			return nil
		}
		return fmt.Errorf("draining the NATS connection: %w", err)
	}
	for !nc.IsClosed() {
		select {
		case <-closed:
			return nil
		case <-ctx.Done():
			nc.Close()
			return fmt.Errorf("draining the NATS connection: %w", ctx.Err())
		}
	}
	return nil
}
