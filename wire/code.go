package wire

import "fmt"

// Code is the reason of a refusal or failure, for programs to compare. See
// [Code.Definite] for the difference between codes.
type Code string

// Codes of answers. A definite code is final; after an indefinite one the same
// submission with the same key may be repeated and may still commit.
const (
	// CodeInvalid: the message is malformed; nothing was started.
	CodeInvalid Code = "invalid"
	// CodeTooLarge: the message is beyond a limit; nothing was started.
	CodeTooLarge Code = "too_large"
	// CodeVersion: the message has a version this process does not speak.
	CodeVersion Code = "unsupported_version"
	// CodeConflict: the key belongs to a finished transaction with other
	// content.
	CodeConflict Code = "conflict"
	// CodeRefused: a participant voted no, with a reason for the user.
	CodeRefused Code = "refused"
	// CodeNoParticipant: no process is subscribed as the participant.
	CodeNoParticipant Code = "no_participant"
	// CodeTimeout: a vote did not arrive before decide_by.
	CodeTimeout Code = "timeout"
	// CodeTwoJournals: two journals of one participant voted.
	CodeTwoJournals Code = "two_journals"
	// CodeClosed: an earlier transaction with this key aborted and the key is
	// closed permanently.
	CodeClosed Code = "key_closed"

	// CodeBusy: a bound was reached; nothing was started, try again later.
	CodeBusy Code = "busy"
	// CodeUnavailable: the service, or another process that it needs, is not reachable.
	CodeUnavailable Code = "unavailable"
	// CodeContended: the key is held by an undecided transaction with other
	// content.
	CodeContended Code = "contended"
	// CodeDuplicate: the key is held by another transaction with the same
	// content; the message names it and its state.
	CodeDuplicate Code = "duplicate"
	// CodeFenced: another coordinator sealed the log before this transaction
	// was decided.
	CodeFenced Code = "fenced"
	// CodeUndecided: the answer is not known yet.
	CodeUndecided Code = "undecided"
	// CodeLate: a prepare arrived after its decide_by, or so long before it that a
	// clock must be wrong.
	CodeLate Code = "late"
	// CodeAborted: the branch was aborted before its prepare arrived.
	CodeAborted Code = "already_aborted"
	// CodeForgotten: the branch was finished and collected after the
	// idempotency window.
	CodeForgotten Code = "forgotten"
	// CodeViolation: doing this would break atomicity; it was not done.
	CodeViolation Code = "violation"
	// CodeNotFound: the ID or key is unknown.
	CodeNotFound Code = "not_found"
	// CodeInternal: an unexpected failure of the process.
	CodeInternal Code = "internal"
)

// Definite reports whether the code, in an answer with the status aborted or
// rejected, is final for a submission: a repetition with the same key cannot have
// another outcome. With the status unknown a code is only an observation.
func (c Code) Definite() bool {
	switch c {
	case CodeInvalid, CodeTooLarge, CodeVersion, CodeConflict, CodeRefused,
		CodeNoParticipant, CodeTimeout, CodeTwoJournals, CodeClosed:
		return true
	default:
		return false
	}
}

// Valid reports whether c is one of the codes above, or empty.
func (c Code) Valid() bool {
	switch c {
	case "", CodeBusy, CodeUnavailable, CodeContended, CodeDuplicate, CodeFenced, CodeUndecided, CodeLate,
		CodeAborted, CodeForgotten, CodeViolation, CodeNotFound, CodeInternal:
		return true
	default:
		return c.Definite()
	}
}

// CheckCode reports whether an answer may have this code and this reason.
func CheckCode(c Code, reason string) error {
	if !c.Valid() {
		return fmt.Errorf("code %.40q is unknown", c)
	}
	return CheckText("reason", reason, MaxReason)
}
