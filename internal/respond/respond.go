// Package respond answers requests over NATS. It is the only place where a role
// publishes to a subject that somebody else has chosen: a request can name any subject
// for its answer, one of the broker's API or of the protocol among them, where the
// answer would be taken for an order. Such a request gets none.
package respond

import (
	"errors"
	"fmt"

	"parley/wire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// ErrReply is in the error for a reply subject that belongs to the protocol or to the
// broker.
var ErrReply = errors.New("the reply subject belongs to the protocol or to the broker")

// To publishes an answer to the reply subject of a request. Without one nobody waits
// for an answer, and nothing is done.
func To(nc *nats.Conn, reply string, data []byte) error {
	if err := check(reply); err != nil || reply == "" {
		return err
	}
	return nc.Publish(reply, data)
}

// Error answers a request as micro services report an error, in headers, where the
// protocol has no message for it.
func Error(req micro.Request, err error) error {
	if bad := check(req.Reply()); bad != nil || req.Reply() == "" {
		return bad
	}
	return req.Error(string(wire.CodeOf(err)), wire.Clip(err.Error()), nil)
}

func check(reply string) error {
	if reply != "" && !wire.CanReply(reply) {
		return fmt.Errorf("%w: %.80q", ErrReply, reply)
	}
	return nil
}
