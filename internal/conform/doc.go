// Package conform checks a participant from outside: it acts as its coordinator over NATS
// and compares each answer with the protocol. Package participanttest runs it on
// participants in Go, `parley conform` on a running one in any language.
//
// No case waits for time to pass. To show that a message is not answered, a case sends
// another one after it and receives the answer to that.
package conform

// Case is a rule of the protocol.
type Case struct {
	Name string
	// Rule is what a participant must do.
	Rule string
	Run  func(*Harness)
	// Asks: it waits for several inquiries of the participant about one branch.
	Asks bool
}

// Cases are all of them.
func Cases() []Case {
	return []Case{
		{"YesThenCommit", "a prepare that can be promised is a yes, its commit is applied once and acknowledged, and repetitions get the same answers", yesThenCommit, false},
		{"YesThenAbort", "an abort releases what is reserved, and closes the key if it is to; a prepare after it is refused", yesThenAbort, false},
		{"RefusalClosesKey", "a refusal has a reason, is stored, and closes its key", refusalClosesKey, false},
		{"AbortBeforePrepareLeavesTombstone", "an abort that overtakes its prepare leaves a tombstone that refuses it", tombstone, false},
		{"LatePrepareIsRefused", "a prepare after its deadline is refused as late, and its key stays free", latePrepare, false},
		{"OtherContentUnderOneID", "another content under the id of a branch is a violation", otherContent, false},
		{"KeyHeldByPrepared", "a key that a prepared branch holds is refused as duplicate, or contended with other content", keyPrepared, false},
		{"KeyHeldByCommitted", "a key that a committed branch holds is refused as duplicate, or conflict with other content", keyCommitted, false},
		{"KeyFreedOrClosedByAbort", "an abort leaves the key free or closes it, as requested, also later", keyAborted, false},
		{"AnotherJournalIsSilent", "messages for another journal are not answered and change nothing", anotherJournal, false},
		{"ViolationsAreNotApplied", "an outcome that contradicts the journal is not applied, acknowledged as a violation, and listed", violations, false},
		{"LostIsAViolation", "the commit of a branch that the journal does not have is a violation, its abort a tombstone", lost, false},
		{"InDoubtAsks", "a branch without an outcome is asked about until there is one, and applies it", inDoubtAsks, true},
		{"OldSealIsRefused", "an abort by a seal before the log was opened is a violation, and the branch stays prepared", oldSeal, true},
		{"MalformedIsIgnored", "malformed messages are not answered, and those after them are", malformed, false},
		{"ManyAtOnce", "many branches at once are each answered", many, false},
	}
}
