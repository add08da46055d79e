package participants

// Steps of a branch, in the order it passes them, at which tests kill the process. Those
// that write are durable.
const (
	StepPrepareBeforeCommit = "prepare-before-commit"
	StepPrepareAfterCommit  = "prepare-after-commit"
	StepVoteSent            = "vote-sent"
	StepOutcomeBeforeCommit = "outcome-before-commit"
	StepOutcomeAfterCommit  = "outcome-after-commit"
	StepAckSent             = "ack-sent"
)
