package wire

// Retry asks a participant to attempt the outcome of a branch now that its resource
// has failed (request on participant.<name>.retry), instead of after its pause.
type Retry struct {
	V  int  `json:"v"`
	ID TxID `json:"id"`
}

func (*Retry) name() string   { return "retry" }
func (m *Retry) version() int { return m.V }
func (*Retry) limit() int     { return MaxMessage }

func (m *Retry) check() error { return checkID(m.ID) }

// Retried answers [Retry]. Without a code the outcome is applied. With the code
// internal it failed again, for Reason; with not_found there was nothing to
// attempt; with busy it is being attempted already.
type Retried struct {
	V           int    `json:"v"`
	Participant string `json:"participant"`
	Journal     string `json:"journal"`
	// Tries is how often it has failed.
	Tries  int    `json:"tries,omitempty"`
	Code   Code   `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
}

func (*Retried) name() string   { return "retried" }
func (m *Retried) version() int { return m.V }
func (*Retried) limit() int     { return MaxMessage }

func (m *Retried) check() error { return checkCode(m.Code, m.Reason) }

// RetrySubject is where a participant takes [Retry]: participant.<name>.retry.
func RetrySubject(participant string) string { return "participant." + participant + ".retry" }
