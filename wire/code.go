package wire

import "fmt"

// Code says why, in one word that programs can compare. Whether it is definite
// is [Code.Definite].
type Code string

// Codes of answers. A definite code settles the question for good; after an
// indefinite one the same submission with the same key may be repeated and may
// still commit.
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
	// CodeRefused: a participant said no, with a reason for people.
	CodeRefused Code = "refused"
	// CodeNoParticipant: no process listens for a participant.
	CodeNoParticipant Code = "no_participant"
	// CodeTimeout: a vote did not arrive before decide_by.
	CodeTimeout Code = "timeout"
	// CodeTwoJournals: two journals of one participant voted.
	CodeTwoJournals Code = "two_journals"
	// CodeClosed: an earlier transaction with this key aborted and the key is
	// closed for ever.
	CodeClosed Code = "key_closed"

	// CodeBusy: a bound was reached; nothing was started, try again later.
	CodeBusy Code = "busy"
	// CodeUnavailable: the service cannot reach what it needs.
	CodeUnavailable Code = "unavailable"
	// CodeContended: the key is held by a living transaction with other
	// content.
	CodeContended Code = "contended"
	// CodeDuplicate: the key is held by another transaction with the same
	// content; which, and its state, stand beside it.
	CodeDuplicate Code = "duplicate"
	// CodeFenced: another coordinator sealed the log before this transaction
	// was decided.
	CodeFenced Code = "fenced"
	// CodeUndecided: the answer is not known yet.
	CodeUndecided Code = "undecided"
	// CodeLate: a prepare came after its decide_by, or so far ahead of it that a
	// clock must be wrong.
	CodeLate Code = "late"
	// CodeAborted: the branch was aborted before its prepare arrived.
	CodeAborted Code = "already_aborted"
	// CodeForgotten: the branch was finished and collected after the
	// idempotency window.
	CodeForgotten Code = "forgotten"
	// CodeViolation: doing this would break atomicity; it was not done.
	CodeViolation Code = "violation"
	// CodeNotFound: nothing is known under this id or key.
	CodeNotFound Code = "not_found"
	// CodeInternal: the process failed in a way it did not expect.
	CodeInternal Code = "internal"
)

// Definite reports whether the code, in an answer with the status aborted or
// rejected, settles a submission: repeating it with the same key cannot end
// otherwise. Beside the status unknown a code only says what was seen.
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
