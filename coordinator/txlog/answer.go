package txlog

import (
	"errors"
	"strings"

	"parley/coordinator/machine"

	"github.com/nats-io/nats.go/jetstream"
)

// codeWrongLast is JetStream's "wrong last sequence: N".
const codeWrongLast = jetstream.ErrorCode(10071)

// classify says what an error of a conditional publish allows to conclude,
// which is mostly nothing.
func classify(err error) machine.AppendAnswer {
	api, ok := errors.AsType[*jetstream.APIError](err)
	if !ok || api.ErrorCode != codeWrongLast {
		return machine.AppendUnknown
	}
	if strings.HasSuffix(strings.TrimSpace(api.Description), ": 0") {
		return machine.AppendGone
	}
	return machine.AppendMismatch
}
