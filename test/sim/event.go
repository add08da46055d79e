package sim

import (
	"fmt"
	"strings"

	"parley/coordinator/machine"
	"parley/wire/txwire"
)

// event is something that happens to one process or log.
type event struct {
	kind eventKind
	msg  *message
	tx   txwire.ID
	// name is a participant or a key, log the name of a log.
	name, log, nonce string
	answer           brokerAnswer
	seq              uint64
	// last is the last sequence of the stream, where a coordinator checks it.
	last  uint64
	found []machine.Stored
	// write is what a log applies.
	write write
	// yes is the answer of the resource, or whether a restart has expired.
	yes bool
	// late: the message arrives past its decide_by, or the clock that shows that is
	// wrong.
	late bool
	// living: the owner of the log that this adopts is alive.
	living bool
	// fault: it does not happen while everything works.
	fault bool
}

type eventKind uint8

const (
	// At a coordinator.
	onSubmit eventKind = iota
	onVote
	onAck
	onPublished
	onQuestion
	onOwnerQuestion
	onOwnerSilent
	onDeadline
	onResend
	onGiveUp
	onTrim
	onRestarted
	onNoSubscriber
	onOpened
	onAnswer
	onReadAfter
	onRead
	onAdopt
	onClose
	onCrash
	onLook
	onStop
	onAbandon
	// At a participant.
	onDeliver
	onFlush
	onLoseGroup
	onCollect
	onCopy
	onGoBack
	// At a client.
	onTry
	onReply
	// At a log.
	onWrite
	onPurge
	// At the stream.
	onRestore
	onReplace
	// At the stream of events.
	onEventStored
	onEventLost
)

func (e event) String() string {
	switch e.kind {
	case onSubmit, onVote, onAck, onPublished, onReply:
		return "takes " + e.msg.String()
	case onDeliver:
		return "takes " + e.msg.String() + e.choice()
	case onQuestion:
		return "is asked: " + e.msg.String()
	case onOwnerQuestion:
		return "is asked as the owner: " + e.msg.String()
	case onOwnerSilent:
		return "has no answer from the owner about: " + e.msg.String() + livingText(e.living)
	case onDeadline:
		return "sees the deadline of " + e.tx.String()
	case onResend:
		return "sends again for " + e.tx.String()
	case onGiveUp:
		return "gives up sending the abort of " + e.tx.String()
	case onTrim:
		return "trims"
	case onRestarted:
		if e.yes {
			return fmt.Sprintf("lets the submission %q expire", e.name)
		}
		return fmt.Sprintf("starts the submission %q again", e.name)
	case onNoSubscriber:
		return "learns that nobody listens at " + e.name + " for " + e.tx.String()
	case onOpened:
		return "sees its log " + e.log + " opened"
	case onAnswer:
		return "gets for its write to " + e.log + ": " + e.answer.String()
	case onReadAfter:
		return "reads after its last record of " + e.log + ": " + recordsText(e.found)
	case onRead:
		return "reads " + e.log + ": " + recordsText(e.found)
	case onAdopt:
		return "adopts " + e.log + livingText(e.living)
	case onClose:
		return "begins to stop"
	case onCrash:
		return "crashes and starts again"
	case onLook:
		return fmt.Sprintf("sees the stream at %d", e.last)
	case onAbandon:
		return fmt.Sprintf("learns that the branch of %s at %s is abandoned", e.tx, e.name)
	case onStop:
		return "stops, since the stream went back"
	case onRestore:
		return fmt.Sprintf("goes back to %d", e.seq)
	case onReplace:
		return "is lost; everybody goes on with a new one"
	case onFlush:
		return "makes its group durable"
	case onLoseGroup:
		return "crashes and loses its group"
	case onCollect:
		return "collects what is finished"
	case onCopy:
		return "has its journal copied"
	case onGoBack:
		return "has its journal replaced by the copy"
	case onTry:
		return "submits"
	case onWrite:
		return fmt.Sprintf("stores after %d: %s", e.write.expect, recordText(e.write.record))
	case onEventStored:
		return "stores the event of " + e.tx.String()
	case onEventLost:
		return "loses the event of " + e.tx.String()
	case onPurge:
		return "is purged whole"
	default:
		return fmt.Sprint(uint8(e.kind))
	}
}

func livingText(living bool) string {
	if living {
		return " (whose owner is alive)"
	}
	return ""
}

func (e event) choice() string {
	switch {
	case e.msg.kind != txwire.KindPrepare && e.late:
		return ", its clock far ahead"
	case e.msg.kind != txwire.KindPrepare:
		return ""
	case e.late:
		return ", too late"
	case e.yes:
		return ", the resource would accept"
	default:
		return ", the resource would refuse"
	}
}

func recordsText(found []machine.Stored) string {
	if len(found) == 0 {
		return "nothing"
	}
	parts := make([]string, len(found))
	for i, s := range found {
		parts[i] = fmt.Sprintf("%d %s", s.Seq, recordText(s.Record))
	}
	return strings.Join(parts, "; ")
}

func recordText(r txwire.Record) string {
	switch r.Kind {
	case txwire.RecordCommits:
		var ns []string
		for _, c := range r.Commits {
			ns = append(ns, fmt.Sprintf(".%d", c.N))
		}
		text := fmt.Sprintf("commits[%s] base %d", strings.Join(ns, " "), r.Base)
		for _, e := range r.Settled {
			text += fmt.Sprintf(" settles .%d", e.N)
		}
		return text
	default:
		return fmt.Sprintf("%s after %d", r.Kind, r.Prev)
	}
}

// effects are what an event does to the rest of the world.
type effects struct {
	sends  []*message
	writes []write
	purges []purge
	// publishes are the transactions whose event is published.
	publishes []txwire.ID
	// broken is what must never happen, a panic for instance.
	broken string
}

// write is a conditional publish to a log: it succeeds if expect is the last
// sequence of the log's subject.
type write struct {
	log    string
	expect uint64
	record txwire.Record
	// known is what its writer knew the stream to have stored when it sent this.
	known uint64
}

// purge removes the records of a log before a sequence, or all if it is 0.
type purge struct {
	log    string
	before uint64
}

func (f effects) String() string {
	var parts []string
	for _, m := range f.sends {
		parts = append(parts, m.String())
	}
	for _, w := range f.writes {
		parts = append(parts, fmt.Sprintf("write to %s after %d: %s", w.log, w.expect, recordText(w.record)))
	}
	for _, p := range f.purges {
		parts = append(parts, fmt.Sprintf("purge %s before %d", p.log, p.before))
	}
	for _, id := range f.publishes {
		parts = append(parts, "publish the event of "+id.String())
	}
	return strings.Join(parts, "; ")
}
