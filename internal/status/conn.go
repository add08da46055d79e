package status

import (
	"errors"

	"github.com/nats-io/nats.go"
)

// errDisconnected: nobody can be asked now.
var errDisconnected = errors.New("not connected to any broker")

func connected(nc *nats.Conn) error {
	if !nc.IsConnected() {
		return errDisconnected
	}
	return nil
}
