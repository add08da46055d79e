package txwire

import (
	"fmt"
	"strings"

	"parley/wire"
)

// Subjects of requests, served by NATS micro services. Every coordinator subscribes
// to the first three in one queue group; see [OwnerSubject] for requests to one of
// them.
const (
	SubjectSubmit  = "tx.submit"
	SubjectStatus  = "tx.status"
	SubjectResolve = "tx.resolve"
	// SubjectCoordinators is answered by every coordinator with its
	// [CoordinatorState].
	SubjectCoordinators = "tx.coordinators"

	// QueueCoordinators is the queue group of the coordinators.
	QueueCoordinators = "coordinators"
)

// Kinds of protocol messages, the second token of their subjects.
const (
	KindPrepare = "prepare"
	KindVote    = "vote"
	KindCommit  = "commit"
	KindAbort   = "abort"
	KindAck     = "ack"
)

// Prefix begins every subject of the protocol.
const Prefix = "tx."

// Subject returns the subject of a protocol message of one transaction at one
// participant: tx.<kind>.<participant>.<log>.<n>.
func Subject(kind, participant string, id ID) string {
	return "tx." + kind + "." + participant + "." + id.String()
}

// ParseSubject is the inverse of [Subject].
func ParseSubject(subject string) (kind, participant string, id ID, err error) {
	t := strings.SplitN(subject, ".", 6)
	if len(t) != 5 || t[0] != "tx" {
		return "", "", ID{}, fmt.Errorf("subject %.80q is not tx.<kind>.<participant>.<log>.<n>", subject)
	}
	switch t[1] {
	case KindPrepare, KindVote, KindCommit, KindAbort, KindAck:
	default:
		return "", "", ID{}, fmt.Errorf("subject %.80q has the unknown kind %q", subject, t[1])
	}
	if err := wire.CheckName(t[2]); err != nil {
		return "", "", ID{}, fmt.Errorf("subject %.80q: %w", subject, err)
	}
	if id, err = parseID(t[3], t[4]); err != nil {
		return "", "", ID{}, fmt.Errorf("subject %.80q: %w", subject, err)
	}
	return t[1], t[2], id, nil
}

// ParticipantFilter matches all messages of a kind to one participant:
// tx.<kind>.<participant>.>.
func ParticipantFilter(kind, participant string) string {
	return "tx." + kind + "." + participant + ".>"
}

// LogFilter matches all messages of a kind about one log's transactions:
// tx.<kind>.*.<log>.*.
func LogFilter(kind, log string) string { return "tx." + kind + ".*." + log + ".*" }

// Filter matches every message of one transaction: tx.*.*.<log>.<n>.
func Filter(id ID) string { return "tx.*.*." + id.String() }

// OwnerSubject reaches the one coordinator process that owns a log:
// tx.owner.<log>.
func OwnerSubject(log string) string { return "tx.owner." + log }

// LogSubject returns the subject of a commit log in the stream [LogStream]:
// tx.log.<log>.
func LogSubject(log string) string { return logPrefix + log }

const logPrefix = "tx.log."

// ParseLogSubject is the inverse of [LogSubject].
func ParseLogSubject(subject string) (log string, err error) {
	log, ok := strings.CutPrefix(subject, logPrefix)
	if !ok {
		return "", fmt.Errorf("subject %.80q is not tx.log.<log>", subject)
	}
	if err := wire.CheckToken("log", log); err != nil {
		return "", fmt.Errorf("subject %.80q: %w", subject, err)
	}
	return log, nil
}

// SubjectBranches is the subject of [BranchQuery] to every participant.
const SubjectBranches = "participant.branches"

// BranchSubject returns the subject of [BranchQuery] to one participant:
// participant.<name>.branches, answered with [Branches].
func BranchSubject(participant string) string { return "participant." + participant + ".branches" }

// PingSubject returns the subject of pings to a participant, which is a NATS micro
// service with the participant's name.
func PingSubject(participant string) string { return "$SRV.PING." + participant }
