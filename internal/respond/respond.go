// Package respond answers requests over NATS. It is the only package in which a role
// publishes to a subject that another process has chosen: a request can name any reply
// subject, also one of the broker's API or of the protocol, where the answer would be
// interpreted as a request. Requests with such a reply subject are not answered.
package respond

import (
	"errors"
	"fmt"

	"parley/wire"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// ErrReply is wrapped by the error for a reply subject that belongs to the protocol or to the
// broker.
var ErrReply = errors.New("the reply subject belongs to the protocol or to the broker")

// To publishes an answer to the reply subject of a request. If that is empty, it does
// nothing: the requester does not wait for an answer.
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
