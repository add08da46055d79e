package sim

import (
	"fmt"

	"parley/coordinator/machine"
	"parley/wire/txwire"
)

// step is what one event does: the next number of the part it happens to, and
// what that sends.
type step struct {
	event *event
	fx    *effects
	next  uint32
	sends []post
	ops   []logDo
	// publishes are the transactions whose event it publishes.
	publishes txSet
	// takes is the message it takes out of the coordinators' box, or -1.
	takes int32
	// gate is the log that it adopts, or -1; it happens only while the owner of
	// that log is alive, or only while it is not.
	gate  int8
	alive bool
	fault bool
	// changes: the part itself changes.
	changes bool
	// stored: the stream's last sequence grows by one.
	stored bool
}

type post struct {
	box     uint8
	message uint16
}

type logDo struct {
	slot uint8
	op   uint16
}

// logOp is a write or a purge on its way to a log.
type logOp struct {
	write *write
	purge *purge
}

type coordinatorItem struct {
	c            *coordinator
	own, opening int8 // slots, or -1
	idle         bool // nothing is left to resolve
	timers       *[]step
	looks        map[uint64][]step // by the last sequence of the stream
	byMessage    []*[]step
	byLog        map[uint64][]step
	// pure is what the messages of a box make it send without a change.
	pure map[uint32][]post
	// settled is the state after aborts that nobody waits for are given up.
	settled                *uint32
	seals                  []seal
	undecided, uncommitted txSet
}

type participantItem struct {
	p         *participant
	facts     branchSets
	books     bool // its books are wrong
	own       *[]step
	byMessage []*[]step
	pure      map[uint32][]post
	past      map[uint32]uint32
}

type clientItem struct {
	c         *client
	facts     clientFacts
	own       *[]step
	byMessage []*[]step
}

type logItem struct {
	l       *commitLog
	facts   txSet
	events  eventFacts
	commits [maxKeys]uint8
	reads   [][]machine.Stored
	own     *[]step
	ops     map[uint16]uint32
	// after is own by the last sequence of the stream, where that matters.
	after map[uint64][]step
}

func (w *world) internCoordinator(c *coordinator) uint32 {
	return w.coordinators.Intern(c.appendKey(nil), func() *coordinatorItem {
		it := &coordinatorItem{
			c: c, own: int8(w.slot(c.m.Log())), opening: int8(w.slot(c.opening)),
			idle: c.m.Unfinished() == 0, looks: map[uint64][]step{}, byLog: map[uint64][]step{}, pure: map[uint32][]post{},
		}
		if c.stopped {
			it.own, it.opening, it.idle = -1, -1, true
			return it
		}
		for _, id := range c.watched {
			switch st, _ := c.m.State(id); st {
			case machine.Preparing, machine.Ready:
				it.undecided.add(w.txs.of(id))
				it.uncommitted.add(w.txs.of(id))
			case machine.Appending, machine.Aborting:
				it.uncommitted.add(w.txs.of(id))
			}
		}
		for _, f := range c.flights {
			if f.record.Kind == txwire.RecordSeal {
				it.seals = append(it.seals, seal{slot: uint8(w.slot(f.log)), write: f})
			}
		}
		return it
	})
}

func (w *world) internParticipant(p *participant) uint32 {
	return w.participants.Intern(p.appendKey(nil), func() *participantItem {
		return &participantItem{p: p, facts: p.sets(&w.txs), books: p.durable.booksWrong(), pure: map[uint32][]post{}, past: map[uint32]uint32{}}
	})
}

func (w *world) internClient(c *client) uint32 {
	return w.clients.Intern(c.appendKey(nil), func() *clientItem {
		return &clientItem{c: c, facts: w.clientFacts(c)}
	})
}

func (w *world) internLog(l *commitLog) uint32 {
	return w.logs.Intern(l.appendKey(nil), func() *logItem {
		it := &logItem{l: l, reads: subsets(l.records), ops: map[uint16]uint32{}}
		w.logFacts(l, &it.facts, &it.commits)
		if w.cfg.Events {
			it.events.addLog(l, &w.txs)
		}
		return it
	})
}

// subsets are all the reads of a log that can be stale: any of its records, in
// order.
func subsets(records []entry) [][]machine.Stored {
	if len(records) > 8 {
		panic(fmt.Sprintf("a log of %d records: its stale reads are too many", len(records)))
	}
	var all [][]machine.Stored
	for mask := range 1 << len(records) {
		var found []machine.Stored
		for i, r := range records {
			if mask>>i&1 == 1 {
				found = append(found, r.Stored)
			}
		}
		all = append(all, found)
	}
	return all
}
