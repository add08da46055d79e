package txwire

import (
	"parley/wire"
)

// Retry requests a participant to attempt the outcome of a branch, whose resource has
// failed, immediately instead of after its pause (request on
// participant.<name>.retry).
type Retry struct {
	V  int `json:"v"`
	ID ID  `json:"id"`
}

// Form implements [wire.Message].
func (m *Retry) Form() wire.Form {
	return wire.Form{Name: "retry", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Retry) Check() error { return checkID(m.ID) }

// Retried answers [Retry]. Without a code the outcome is applied. With the code
// internal it failed again, for Reason; with not_found there was nothing to
// attempt; with busy it is being attempted already.
type Retried struct {
	V           int    `json:"v"`
	Participant string `json:"participant"`
	Journal     string `json:"journal"`
	// Tries is how often it has failed.
	Tries  int       `json:"tries,omitempty"`
	Code   wire.Code `json:"code,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Form implements [wire.Message].
func (m *Retried) Form() wire.Form {
	return wire.Form{Name: "retried", Version: m.V, Limit: wire.MaxMessage}
}

// Check implements [wire.Message].
func (m *Retried) Check() error { return wire.CheckCode(m.Code, m.Reason) }

// RetrySubject returns the subject of [Retry]: participant.<name>.retry.
func RetrySubject(participant string) string { return "participant." + participant + ".retry" }
