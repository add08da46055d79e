package participants

// Steps is called at the durable steps of a branch, by name, with the process
// in exactly that state. A crash test kills the process inside it. Nil in
// normal use. It is called from several goroutines.
type Steps func(point string)

// The points, in the order a branch passes them.
const (
	StepPrepareBeforeCommit = "prepare-before-commit"
	StepPrepareAfterCommit  = "prepare-after-commit"
	StepVoteSent            = "vote-sent"
	StepOutcomeBeforeCommit = "outcome-before-commit"
	StepOutcomeAfterCommit  = "outcome-after-commit"
	StepAckSent             = "ack-sent"
)

func (s Steps) at(point string) {
	if s != nil {
		s(point)
	}
}
