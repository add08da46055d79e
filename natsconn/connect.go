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
	// DrainTimeout bounds how long a draining connection works off what has
	// arrived: a role's handlers are bounded by seconds.
	DrainTimeout = 5 * time.Second
	// dialTimeout bounds one attempt at one server.
	dialTimeout = 2 * time.Second
	// pingInterval and maxPings bound how long a dead connection goes
	// unnoticed, to 6 seconds instead of the client's 6 minutes: no longer than
	// the other brokers take to elect a leader when one of them is gone without
	// a word. While it goes unnoticed, a participant hears no prepare.
	pingInterval = 2 * time.Second
	maxPings     = 2
	// minWait and maxWait bound the pause between attempts. Jitter spreads
	// the clients of a broker that comes back.
	minWait = 100 * time.Millisecond
	maxWait = 2 * time.Second
)

// Options say where and how to connect.
type Options struct {
	// URL is one address or several separated by commas, with or without
	// credentials: nats://user:password@host:4222. It is not used with
	// InProcess.
	URL string
	// Name is shown by the broker's listings of connections.
	Name string
	// Creds is the path of a credentials file, if the broker wants one.
	Creds string
	// Log takes one line per event; nil means [slog.Default].
	Log *slog.Logger
	// InProcess connects to a broker in this process, without the network.
	InProcess nats.InProcessConnProvider
}

// Connect blocks until the connection stands, the broker refused the
// credentials, or ctx ends. The connection outlives ctx; see [Drain].
func Connect(ctx context.Context, o Options) (*nats.Conn, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	w := newWatch(o)
	opts := []nats.Option{
		nats.Name(o.Name),
		nats.Timeout(dialTimeout),
		// The library looks names up without a bound, and holds its lock
		// meanwhile: with a dead name server every call, closing too, would
		// take half a minute. The dialer looks them up within its time-out.
		nats.SkipHostLookup(),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(maxPings),
		// A full socket of a broker that is gone would hold up every call, the
		// pings too, for a minute.
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

// wait is the pause before the given attempt, counted from 1: it doubles from
// minWait to maxWait, and half of it is random.
func wait(attempt int) time.Duration {
	d := maxWait
	if attempt < 5 {
		d = minWait << max(attempt, 0)
	}
	d = min(d, maxWait)
	return max(minWait, d/2+rand.N(d/2))
}

// Drain unsubscribes, lets handlers work off what has arrived, sends what they
// published, and closes. It blocks until the connection is closed, at most
// about [DrainTimeout], or until ctx ends, which closes it at once.
func Drain(ctx context.Context, nc *nats.Conn) error {
	closed := nc.StatusChanged(nats.CLOSED)
	defer nc.RemoveStatusListener(closed)
	if err := nc.Drain(); err != nil {
		nc.Close()
		// There is nothing to drain when it is closed, and nowhere to drain
		// to when it is not connected.
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
