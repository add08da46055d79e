package natsconn

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// Required returns the options that [Check] requires, for a connection that needs
// other options than those of [Connect].
func Required() []nats.Option {
	return []nats.Option{nats.ReconnectBufSize(-1), nats.MaxReconnects(-1)}
}

// Check returns an error unless nc has the options that Parley relies on: it
// reconnects without limit, and does not buffer messages while it is down. The error
// names the option to set. [Connect] opens such a connection.
func Check(nc *nats.Conn) error {
	const instead = "or open the connection with natsconn.Connect"
	switch {
	case nc == nil:
		return errors.New("the NATS connection is nil: open one with natsconn.Connect")
	case nc.Opts.ReconnectBufSize >= 0:
		return fmt.Errorf("the NATS connection keeps up to %d bytes that are published while it is down and sends them late, "+
			"when they may no longer be true: set nats.ReconnectBufSize(-1), %s", nc.Opts.ReconnectBufSize, instead)
	case !nc.Opts.AllowReconnect:
		return fmt.Errorf("the NATS connection does not reconnect: set nats.MaxReconnects(-1) in place of nats.NoReconnect(), %s", instead)
	case nc.Opts.MaxReconnect >= 0:
		return fmt.Errorf("the NATS connection is given up after %d attempts to reconnect: set nats.MaxReconnects(-1), %s", nc.Opts.MaxReconnect, instead)
	default:
		return nil
	}
}
