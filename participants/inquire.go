package participants

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"parley/participants/machine"
	"parley/wire"
	"parley/wire/txwire"
)

const (
	// maxAsking bounds the concurrent inquiries, so that a restart with many branches
	// in doubt does not overload the coordinators.
	maxAsking = 64
	// askTimeout is how long to wait for an answer. A coordinator waits two seconds
	// for the owner of a log before it seals the log.
	askTimeout = 10 * time.Second
	// heardAfter is when an inquiry without an answer counts as received: that there
	// is no subscriber is reported by the broker immediately.
	heardAfter = 100 * time.Millisecond
)

// inquire requests the outcomes of branches in doubt until ctx ends.
func (s *service) inquire(ctx context.Context) {
	var asking sync.WaitGroup
	defer asking.Wait()
	free := make(chan struct{}, maxAsking)
	answered := make(chan struct{}, 1)
	// Four ticks per InquireAfter: an inquiry is late by at most a quarter of it.
	tick := time.NewTicker(max(s.cfg.InquireAfter/4, 5*time.Millisecond))
	defer tick.Stop()
	for {
		for _, b := range s.doubts.due(time.Now(), maxAsking-len(free)) {
			free <- struct{}{}
			asking.Go(func() {
				s.ask(ctx, b)
				<-free
				select {
				case answered <- struct{}{}: // the next one's turn
				default:
				}
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-answered:
		}
	}
}

// ask requests the outcome of one branch from any coordinator. Whatever the answer,
// inquiries continue until the branch is settled. The next one is planned before this one
// is answered, since the coordinator that received it may die.
func (s *service) ask(ctx context.Context, b machine.Branch) {
	s.counts.asked.Add(1)
	s.doubts.askAgain(b.ID, time.Now())
	listening := time.AfterFunc(heardAfter, func() { s.doubts.heard(time.Now()) })
	defer listening.Stop()
	answer, err := s.resolve(ctx, b)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		s.doubts.notHeard(b.ID, time.Now())
	case err == nil:
		s.doubts.heard(time.Now())
	}
	if err != nil && ctx.Err() == nil {
		s.cfg.Log.Debug("no answer about a branch in doubt", "tx", b.ID.String(), "error", err)
	}
	switch answer.Status {
	case txwire.StatusCommitted:
		s.enqueue(newResolved(b.ID, answer, false))
	case txwire.StatusAborted:
		s.enqueue(newResolved(b.ID, answer, answer.SealSeq != 0 && s.commitLog.behind(ctx)))
	}
}

func (s *service) enqueue(o *op) {
	if !s.queue.put(o) {
		s.counts.dropped.Add(1)
	}
}

func (s *service) resolve(ctx context.Context, b machine.Branch) (txwire.Resolved, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	m, err := s.deps.NATS.RequestWithContext(ctx, txwire.SubjectResolve, wire.Encode(txwire.Resolve{
		V: wire.Version, ID: b.ID, Participant: s.cfg.Name, Journal: s.journal.id, DecideBy: b.DecideBy,
	}))
	if err != nil {
		return txwire.Resolved{}, fmt.Errorf("requesting %s: %w", txwire.SubjectResolve, err)
	}
	answer, err := wire.Decode[txwire.Resolved](m.Data)
	if err != nil {
		return txwire.Resolved{}, fmt.Errorf("the answer of %s: %w", txwire.SubjectResolve, err)
	}
	return answer, nil
}
