package participants

import (
	"parley/wire"
	"parley/wire/txwire"
)

// Steps of a branch, in the order in which it passes them, at which tests kill the
// process. Those that write are durable.
const (
	StepPrepareBeforeCommit = "prepare-before-commit"
	StepPrepareAfterCommit  = "prepare-after-commit"
	StepVoteSent            = "vote-sent"
	StepOutcomeBeforeCommit = "outcome-before-commit"
	StepOutcomeAfterCommit  = "outcome-after-commit"
	StepAckSent             = "ack-sent"
)

// durableGroups bounds the groups that wait to be answered. The committer continues
// with the next group meanwhile, and blocks when this many are waiting.
const durableGroups = 4

// answer publishes the votes and acknowledgements of durable groups until the committer
// ends. A failed publish is only counted: the coordinator repeats its message until it
// is answered.
func (s *service) answer() {
	for group := range s.durable {
		for _, o := range group {
			if v := o.step.Vote; v != nil {
				s.vote(o.id, v)
			}
			if a := o.step.Ack; a != nil {
				s.ack(o.id, a)
			}
		}
	}
}

func (s *service) vote(id txwire.ID, v *txwire.Vote) {
	v.Reason = wire.Clip(v.Reason)
	if v.Yes {
		s.counts.prepared.Add(1)
	} else {
		s.counts.refused.Add(1)
	}
	s.publish(txwire.Subject(txwire.KindVote, s.cfg.Name, id), wire.Encode(*v))
	s.sent(StepVoteSent)
}

func (s *service) ack(id txwire.ID, a *txwire.Ack) {
	a.Reason = wire.Clip(a.Reason)
	if a.Of == txwire.KindCommit {
		s.counts.committed.Add(1)
	} else {
		s.counts.aborted.Add(1)
	}
	s.publish(txwire.Subject(txwire.KindAck, s.cfg.Name, id), wire.Encode(*a))
	s.sent(StepAckSent)
}

// sent calls the hook of crash tests when an answer was sent, after flushing it to the
// broker.
func (s *service) sent(point string) {
	if s.hooks.Step == nil {
		return
	}
	_ = s.deps.NATS.FlushTimeout(queryTimeout)
	s.hooks.Step(point)
}

func (s *service) publish(subject string, data []byte) {
	if err := s.deps.NATS.Publish(subject, data); err != nil {
		s.counts.unsent.Add(1)
		s.cfg.Log.Debug("an answer could not be sent; the message will be repeated", "subject", subject, "error", err)
	}
}
