package txlog

import (
	"strings"

	"parley/coordinator/machine"
	"parley/internal/streams"
)

// classify returns the conclusion that an error of a conditional publish allows.
func classify(err error) machine.AppendAnswer {
	if !streams.WrongLast(err) {
		return machine.AppendUnknown
	}
	// The description ends with the sequence.
	if strings.HasSuffix(strings.TrimSpace(err.Error()), ": 0") {
		return machine.AppendGone
	}
	return machine.AppendMismatch
}
