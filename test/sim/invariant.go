package sim

import (
	"fmt"

	"parley/test/explore"
	"parley/wire/txwire"
)

// The invariants of the design, and two of the world itself.
const (
	// I1: no transaction is committed at one participant and aborted at
	// another.
	I1 explore.Invariant = "I1 atomic"
	// I2: a client that is answered committed has the truth for ever; one that
	// is answered aborted will never see its key commit; a key commits at most once.
	I2 explore.Invariant = "I2 durable"
	// I3: a state in which all is resolved can be reached without a fault.
	I3 explore.Invariant = "I3 live"
	// I4: committed means that the commit is or was in the log, aborted that it
	// is not and never will be.
	I4 explore.Invariant = "I4 one truth"
	// I5: a branch whose abort was acknowledged is never prepared again.
	I5 explore.Invariant = "I5 final"
	// Events: only what is in the log is published, and what is settled is stored and
	// not published again. I3 is that every event is stored in the end.
	Events explore.Invariant = "events"
	// Loud: no machine reports a violation, raises an alarm or panics.
	Loud explore.Invariant = "loud"
	// Books: the resource's own books agree with the journal.
	Books explore.Invariant = "books"
)

// maxKeys bounds the keys of one world.
const maxKeys = 32

// snapshot is what the invariants are about.
type snapshot struct {
	// stored is every commit that was ever stored in a log, commits how many
	// for each key.
	stored  txSet
	commits [maxKeys]uint8
	parts   []branchSets
	clients []clientFacts
}

// branchSets are the branches of one participant.
type branchSets struct{ prepared, committed, aborted, ackedAbort, ackedCommit txSet }

// clientFacts are the answers that one client received.
type clientFacts struct {
	key    int
	answer txwire.Status
	// committed are the transactions that some reply to it calls committed;
	// closed: some reply calls its key closed.
	committed txSet
	closed    bool
}

// check returns what is violated, or nil. txs has the numbers of transactions.
func (s *snapshot) check(txs *txIndex) *explore.Broken {
	broken := func(i explore.Invariant, what string) *explore.Broken {
		return &explore.Broken{Invariant: i, What: what}
	}
	about := func(i explore.Invariant, what string, b txSet) *explore.Broken {
		return broken(i, what+": "+txs.ids[b.first()].String())
	}
	for i := range s.parts {
		for j := range s.parts {
			if b := s.parts[i].committed.and(s.parts[j].aborted); !b.empty() {
				return about(I1, fmt.Sprintf("committed at participant %d, aborted at participant %d", i, j), b)
			}
		}
	}
	for key, n := range s.commits {
		if n > 1 {
			return broken(I2, fmt.Sprintf("%d transactions with key %d are committed", n, key))
		}
	}
	for i := range s.clients {
		c := &s.clients[i]
		if b := c.committed.minus(s.stored); !b.empty() {
			return about(I2, "a client is answered committed, the log does not hold it", b)
		}
		if (c.answer == txwire.StatusAborted || c.closed) && s.commits[c.key] > 0 {
			return broken(I2, "a client is answered aborted, a transaction with its key is committed")
		}
	}
	for i := range s.parts {
		p := &s.parts[i]
		if b := p.committed.minus(s.stored); !b.empty() {
			return about(I4, "committed at a participant, not in the log", b)
		}
		if b := p.aborted.and(s.stored); !b.empty() {
			return about(I4, "aborted at a participant, committed in the log", b)
		}
		if b := p.ackedAbort.and(p.prepared); !b.empty() {
			return about(I5, "its abort was acknowledged, and it is prepared", b)
		}
		if b := p.ackedAbort.and(p.committed); !b.empty() {
			return about(I5, "its abort was acknowledged, and it is committed", b)
		}
		if b := p.ackedCommit.minus(p.committed); !b.empty() {
			return about(I4, "its commit was acknowledged, and it is not committed", b)
		}
	}
	return nil
}

// sets sorts the durable branches of a participant by state.
func (p *participant) sets(x *txIndex) (s branchSets) {
	for id, of := range p.acked {
		if of == txwire.KindAbort {
			s.ackedAbort.add(x.of(id))
		} else {
			s.ackedCommit.add(x.of(id))
		}
	}
	add := func(id txwire.ID, state txwire.BranchState) {
		switch {
		case p.lost[id]: // nothing is promised about it
		case state == txwire.BranchPrepared:
			s.prepared.add(x.of(id))
		case state == txwire.BranchCommitted:
			s.committed.add(x.of(id))
		case state == txwire.BranchAborted:
			s.aborted.add(x.of(id))
		}
	}
	for id, b := range p.durable.rows {
		add(id, b.State)
	}
	for id, state := range p.durable.gone {
		add(id, state)
	}
	return s
}
