package coordinator

import (
	"context"
	"math/rand/v2"
	"time"

	"parley/internal/pause"
	"parley/wire"
	"parley/wire/txwire"

	"github.com/nats-io/nats.go"
)

const (
	// presentFor is how long after its last vote a participant is considered
	// connected.
	presentFor = 2 * time.Second
	// restartTime is how long a known participant may be missing before it is
	// considered absent: it may be restarting, and a transaction that waits is
	// better than one that fails. It is the default time-out of a transaction, so
	// that the first one ends by its time-out and later ones are refused
	// immediately.
	restartTime = txwire.DefaultTimeout
	// probeEvery is the mean interval between requests to all participants.
	probeEvery = 10 * time.Second
	// maxPresent bounds the participants that are remembered; one that is
	// forgotten is pinged with its next prepare.
	maxPresent = 1024
)

// presence records, for the loop, which participants are available. It decides no
// outcome, except when a transaction that could not commit now is aborted.
type presence map[string]lastSeen

// lastSeen are the observations of one participant.
type lastSeen struct {
	// vote is the time of its last vote, zero if it only answered a probe.
	vote time.Time
	// firstMissed and lastMissed are the times of the first and the last notice
	// since then that it has no subscriber, zero without one.
	firstMissed, lastMissed time.Time
}

// voted records a vote.
func (p presence) voted(participant string, now time.Time) {
	if _, known := p[participant]; !known && len(p) >= maxPresent {
		clear(p)
	}
	p[participant] = lastSeen{vote: now}
}

// answered records that a participant answered a probe.
func (p presence) answered(participant string) { p.voted(participant, p[participant].vote) }

// votedLately reports whether a participant voted within presentFor, and need not be
// pinged.
func (p presence) votedLately(participant string, now time.Time) bool {
	return now.Sub(p[participant].vote) <= presentFor
}

// missing records a notice that a participant has no subscriber, and reports whether
// it is expected to return. An unknown one is not: its name may be wrong, which the
// client wants to know immediately.
func (p presence) missing(participant string, now time.Time) (expected bool) {
	s, known := p[participant]
	if !known {
		return false
	}
	// After a longer time the participant may have been connected in between.
	if now.Sub(s.lastMissed) > restartTime {
		s.firstMissed = now
	}
	s.lastMissed = now
	p[participant] = s
	return now.Sub(s.firstMissed) < restartTime
}

// probeParticipants requests an answer from every participant, at the start and
// about every probeEvery, so that one that has not voted here yet is known when it
// is missing.
func (c *Coordinator) probeParticipants(ctx context.Context) {
	inbox := c.deps.NATS.NewInbox()
	sub, err := c.deps.NATS.Subscribe(inbox, func(msg *nats.Msg) {
		if len(msg.Data) == 0 {
			return // there are no participants
		}
		b, err := wire.Decode[txwire.Branches](msg.Data)
		if err != nil {
			c.malformed(msg, err)
			return
		}
		c.postEvent(func() { c.present.answered(b.Participant) })
	})
	if err != nil {
		c.cfg.Log.Warn("participants cannot be probed", "error", err)
		return
	}
	defer func() { _ = sub.Unsubscribe() }()
	for {
		// An unused key, so that the answers are empty.
		q := wire.Encode(txwire.BranchQuery{V: wire.Version, Key: wire.NewToken()})
		if err := c.deps.NATS.PublishRequest(txwire.SubjectBranches, inbox, q); err != nil {
			c.cfg.Log.Debug("publish failed, it will be repeated", "subject", txwire.SubjectBranches, "error", err)
		}
		if !pause.For(ctx, probeEvery/2+rand.N(probeEvery)) {
			return
		}
	}
}
