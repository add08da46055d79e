package machine

import (
	"slices"

	"parley/wire"
	"parley/wire/txwire"
)

// adoption is the work on a log whose owner is silent.
type adoption struct {
	log   string
	phase phase
	// mine is true for the machine's own former log: a commit in it that the
	// machine no longer holds is finished, except those of the append in flight.
	mine   bool
	flight []txwire.ID
	// seal is the nonce of the pending seal, and chain the records read before it.
	seal  string
	chain []Stored
	// sealSeq and commits are known once the log is sealed; left counts the
	// commits that are not acknowledged by all.
	sealSeq uint64
	commits map[uint64]txwire.Committed
	left    int
	// asked are questions that wait for the seal.
	asked []Question
}

type phase uint8

const (
	reading phase = iota
	sealing
	driving
)

// Stored is a record and its stream sequence.
type Stored struct {
	Seq    uint64
	Record txwire.Record
}

// sealedLog is a log that was sealed, driven to its end and purged.
type sealedLog struct {
	log string
	seq uint64
}

// Adopt starts the adoption of a log whose owner does not answer.
func (m *Machine) Adopt(log string) {
	if !m.behind {
		m.adopt(log)
	}
}

func (m *Machine) adopt(log string) *adoption {
	if m.own != nil && m.own.name == log {
		return nil
	}
	a := m.adoptions[log]
	if a == nil {
		a = &adoption{log: log}
		m.adoptions[log] = a
		m.do(ReadLog{Log: log})
	}
	return a
}

// Read processes the records that a read of a log found, in the order of their
// sequences. The read may be stale and miss any record: only a chain without a gap
// from base to a seal is known to be complete.
func (m *Machine) Read(log string, found []Stored) {
	a := m.adoptions[log]
	if a == nil || a.phase != reading {
		return
	}
	m.answerFound(a, found)
	chain, whole := chainOf(found)
	switch {
	case !whole || m.behind:
		m.do(ReadLog{Log: log, Again: true})
	case len(chain) > 0 && chain[len(chain)-1].Record.Kind == txwire.RecordSeal:
		m.sealed(a, chain, chain[len(chain)-1].Seq)
	default:
		m.trySeal(a, chain)
	}
}

// chainOf returns the records from base on, and whether they form a chain: each
// names the one before it as its predecessor, and the first is base itself or the
// first record of the log.
func chainOf(found []Stored) (chain []Stored, whole bool) {
	if len(found) == 0 {
		return nil, true
	}
	base := found[len(found)-1].Record.Base
	first := len(found) - 1
	for first > 0 && found[first].Seq != base && found[first].Record.Prev == found[first-1].Seq {
		first--
	}
	chain = found[first:]
	return chain, chain[0].Seq == base || chain[0].Record.Prev == 0
}

func (m *Machine) trySeal(a *adoption, chain []Stored) {
	r := txwire.Record{V: wire.Version, Kind: txwire.RecordSeal, By: m.Log()}
	if n := len(chain); n > 0 {
		r.Prev, r.Base = chain[n-1].Seq, chain[n-1].Record.Base
	}
	r.Nonce = m.nonce('s', r.Prev)
	a.phase, a.seal, a.chain = sealing, r.Nonce, chain
	m.do(Append{Log: a.log, Expect: r.Prev, Record: r})
}

// sealAnswered processes the broker's answer to a seal. Success proves that the
// chain read before is complete. After any other answer, or while the stream is
// behind, the log is read again, which also finds a seal of this machine.
func (m *Machine) sealAnswered(a *adoption, answer AppendAnswer, seq uint64) {
	chain := a.chain
	a.phase, a.seal, a.chain = reading, "", nil
	if answer == AppendStored && !m.behind {
		m.sealed(a, chain, seq)
		return
	}
	// A mismatch means that there are more records to read, without a pause;
	// anything else, that the broker is busy.
	m.do(ReadLog{Log: a.log, Again: answer != AppendMismatch})
}

// sealed starts driving the commits of a log whose chain is complete and final.
func (m *Machine) sealed(a *adoption, chain []Stored, seq uint64) {
	a.phase, a.sealSeq, a.commits = driving, seq, map[uint64]txwire.Committed{}
	m.do(Adopted{Log: a.log})
	settled, events := settledIn(chain)
	for _, s := range chain {
		for _, c := range s.Record.Commits {
			if _, seen := a.commits[c.N]; !seen {
				c.Events = nil
				a.commits[c.N] = c
				c.Events = events[c.N]
				m.drive(a, c, settled[c.N])
			}
		}
	}
	for _, q := range a.asked {
		m.do(Answer{To: q.To, Resolved: m.fromAdoption(a, q)})
	}
	a.asked = nil
	m.finishAdoption(a)
}

// drive sends a commit that was found in a log until every participant has
// acknowledged it, and publishes its events that are not settled.
func (m *Machine) drive(a *adoption, c txwire.Committed, settled []int) {
	id := txwire.ID{Log: a.log, N: c.N}
	t := m.txs[id]
	if t == nil && a.mine && !slices.Contains(a.flight, id) {
		return
	}
	if t == nil {
		t = &Tx{ID: id, Key: c.Key, DecideBy: c.DecideBy, Branches: make([]Branch, len(c.Branches))}
		for i, b := range c.Branches {
			t.Branches[i] = Branch{Participant: b.Participant, Journal: b.Journal}
		}
		t.Events = m.eventsTo(id, c.Events, settled)
		m.count(t)
		m.txs[id] = t
		m.do(Watch{ID: id, DecideBy: c.DecideBy})
	}
	t.State = Committed
	a.left++
	for i := range t.Branches {
		if b := &t.Branches[i]; !b.Done && !m.isAbandoned(t, b) {
			m.sendCommit(t, &t.Branches[i])
		}
	}
	m.publish(t)
}

func (m *Machine) finishAdoption(a *adoption) {
	if a.phase != driving || a.left > 0 {
		return
	}
	delete(m.adoptions, a.log)
	m.do(Released{Log: a.log})
	m.do(Purge{Log: a.log})
	if len(m.done) >= m.limits.Done {
		m.done = m.done[1:]
	}
	m.done = append(m.done, sealedLog{log: a.log, seq: a.sealSeq})
}
