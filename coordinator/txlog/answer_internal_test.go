package txlog

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"parley/coordinator/machine"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What may be concluded from every answer that a conditional publish can get.
// (Taking 10164 for a mismatch makes a coordinator read a log in which nothing
// stands yet, and taking 10077 for "not appended" aborts what an earlier try of
// the same record may have committed.)
func TestClassify(t *testing.T) {
	api := func(status int, code jetstream.ErrorCode, text string) error {
		return &jetstream.APIError{Code: status, ErrorCode: code, Description: text}
	}
	for _, c := range []struct {
		err  error
		want machine.AppendAnswer
	}{
		{api(400, 10071, "wrong last sequence: 7"), machine.AppendMismatch},
		{api(400, 10071, "wrong last sequence: 10"), machine.AppendMismatch},
		{api(400, 10071, "wrong last sequence: 100"), machine.AppendMismatch},
		{api(400, 10071, "wrong last sequence: 0"), machine.AppendGone},
		{api(400, 10071, "wrong last sequence: 0 "), machine.AppendGone},
		{fmt.Errorf("publishing: %w", api(400, 10071, "wrong last sequence: 7")), machine.AppendMismatch},

		{api(400, 10164, "wrong last sequence"), machine.AppendUnknown},
		{api(400, 10158, "duplicate message id is in process"), machine.AppendUnknown},
		{api(400, 10070, "wrong last msg ID: x"), machine.AppendUnknown},
		{api(400, 10060, "expected stream does not match"), machine.AppendUnknown},
		{api(400, 10054, "message size exceeds maximum allowed"), machine.AppendUnknown},
		{api(503, 10077, "maximum bytes exceeded"), machine.AppendUnknown},
		{api(503, 10077, "maximum messages exceeded"), machine.AppendUnknown},
		{api(503, 10077, "raft: no leader"), machine.AppendUnknown},
		{api(503, 10008, "JetStream system temporarily unavailable"), machine.AppendUnknown},
		{api(503, 10076, "JetStream not enabled"), machine.AppendUnknown},
		{api(500, 10047, "insufficient storage resources available"), machine.AppendUnknown},
		{api(503, 10023, "insufficient resources"), machine.AppendUnknown},
		{api(404, 10059, "stream not found"), machine.AppendUnknown},

		{nats.ErrTimeout, machine.AppendUnknown},
		{nats.ErrNoResponders, machine.AppendUnknown},
		{jetstream.ErrNoStreamResponse, machine.AppendUnknown},
		{nats.ErrConnectionClosed, machine.AppendUnknown},
		{nats.ErrDisconnected, machine.AppendUnknown},
		{nats.ErrReconnectBufExceeded, machine.AppendUnknown},
		{nats.ErrMaxPayload, machine.AppendUnknown},
		{jetstream.ErrInvalidJSAck, machine.AppendUnknown},
		{context.DeadlineExceeded, machine.AppendUnknown},
		{context.Canceled, machine.AppendUnknown},
		{errors.New("wrong last sequence: 0"), machine.AppendUnknown},
	} {
		if got := classify(c.err); got != c.want {
			t.Errorf("%v: got %v, want %v", c.err, got, c.want)
		}
	}
}
