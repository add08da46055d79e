package sim

import "parley/coordinator/machine"

// brokerAnswer is the broker's answer to a conditional publish.
type brokerAnswer uint8

const (
	brokerStored         brokerAnswer = iota // acknowledged
	brokerWrongLast                          // 10071 with another sequence
	brokerWrongLastEmpty                     // 10071 with 0
	brokerTimeout                            // no answer
	brokerInFlight                           // 10164, another write is in flight
	brokerFull                               // 10077, the stream or subject is full
)

func (a brokerAnswer) String() string {
	return [...]string{
		"stored", "wrong last sequence (10071)", "wrong last sequence, empty (10071 with 0)",
		"no answer", "another write is in flight (10164)", "the stream is full (10077)",
	}[a]
}

// classify is what may be concluded from an answer, as package txlog does it.
func classify(a brokerAnswer) machine.AppendAnswer {
	switch a {
	case brokerStored:
		return machine.AppendStored
	case brokerWrongLast:
		return machine.AppendMismatch
	case brokerWrongLastEmpty:
		return machine.AppendGone
	case brokerInFlight:
		return machine.AppendUnknown
	case brokerFull:
		return machine.AppendUnknown
	default:
		return machine.AppendUnknown
	}
}
