package sim

import (
	"fmt"

	"parley/test/explore"
	"parley/wire/txwire"
)

// Events are published to one stream. An event that was sent is on its way until it is
// lost, or stored and acknowledged; the acknowledgement may arrive at any coordinator,
// at any time or never, since it is true. Each transaction has one event or none.

// eventStream is the stream of events.
const eventStream = "EVENTS"

// kindEvent is an event, and kindPublished its acknowledgement.
const (
	kindEvent     = "event"
	kindPublished = "published"
)

// eventsItem is a state of the stream: the events that are on their way, and those that
// it has stored.
type eventsItem struct {
	sent, stored txSet
	steps        *[]step
}

func (w *world) internEvents(sent, stored txSet) uint32 {
	return w.events.Intern(fmt.Append(nil, sent, stored), func() *eventsItem { return &eventsItem{sent: sent, stored: stored} })
}

// eventsOf returns the state of the stream, empty in a world without events.
func (w *world) eventsOf(s []uint32) eventsItem {
	if !w.cfg.Events {
		return eventsItem{}
	}
	return *w.events.Items[s[w.atEvents]]
}

// published returns the state of the stream after events were sent to it.
func (w *world) published(id uint32, sent txSet) uint32 {
	it := w.events.Items[id]
	sent = sent.minus(it.stored) // again, which changes nothing
	sent.union(it.sent)
	return w.internEvents(sent, it.stored)
}

// expandEvents stores and loses events that are on their way.
func (w *world) expandEvents(s []uint32, try func(int, []step) bool) bool {
	it := w.events.Items[s[w.atEvents]]
	if it.steps == nil {
		steps := []step{}
		for n := range w.txs.ids {
			if !it.sent.has(n) {
				continue
			}
			var one txSet
			one.add(n)
			without, stored := it.sent.minus(one), it.stored
			stored.add(n)
			ack := &message{kind: kindPublished, tx: w.txs.ids[n]}
			steps = append(
				steps,
				step{
					event: &event{kind: onEventStored, tx: w.txs.ids[n]}, fx: &effects{sends: []*message{ack}}, sends: []post{w.postTo(ack)},
					next: w.internEvents(without, stored), takes: -1, gate: -1, changes: true,
				},
				step{
					event: &event{kind: onEventLost, tx: w.txs.ids[n]}, fx: &effects{},
					next: w.internEvents(without, it.stored), takes: -1, gate: -1, changes: true, fault: true,
				},
			)
		}
		it.steps = &steps
	}
	return try(w.atEvents, *it.steps)
}

// checkEvents returns what is violated of events, or nil: only what is committed is
// published, and a record names an event as settled only if the stream has stored it.
func (f *eventFacts) check(txs *txIndex) *explore.Broken {
	about := func(what string, b txSet) *explore.Broken {
		return &explore.Broken{Invariant: Events, What: what + ": " + txs.ids[b.first()].String()}
	}
	if b := f.sent.minus(f.committed); !b.empty() {
		return about("published, not in the log", b)
	}
	if b := f.settled.minus(f.stored); !b.empty() {
		return about("settled in the log, not in the stream", b)
	}
	return nil
}

// eventFacts are what the invariant is about: the commits in the logs, those of them
// that have events, those whose events a log names as settled, and the events that were
// sent and stored.
type eventFacts struct{ committed, with, settled, sent, stored txSet }

func (f *eventFacts) addLog(l *commitLog, txs *txIndex) {
	l.committed(func(id txwire.ID, c txwire.Committed) {
		f.committed.add(txs.of(id))
		if len(c.Events) > 0 {
			f.with.add(txs.of(id))
		}
	})
	for _, r := range l.records {
		for _, e := range r.Record.Settled {
			f.settled.add(txs.of(txwire.ID{Log: l.name, N: e.N}))
		}
	}
}

func (w *world) eventFacts(s []uint32) (f eventFacts) {
	it := w.eventsOf(s)
	f.sent, f.stored = it.sent, it.stored
	f.sent.union(it.stored)
	for i := range w.slots {
		l := w.logs.Items[s[w.atLogs+i]]
		f.committed.union(l.events.committed)
		f.with.union(l.events.with)
		f.settled.union(l.events.settled)
	}
	return f
}

// owed are events of commits that the stream has not stored.
func (f *eventFacts) owed() txSet { return f.with.minus(f.stored) }

// again returns what is broken if the events of a step are settled in the log.
func (f *eventFacts) again(published txSet, txs *txIndex) *explore.Broken {
	if b := published.and(f.settled); !b.empty() {
		return &explore.Broken{Invariant: Events, What: "published again, although the log names it as settled: " + txs.ids[b.first()].String()}
	}
	return nil
}

// publish puts the events of a step on their way.
func (s *Simulation) publish(f effects) {
	var sent txSet
	for _, id := range f.publishes {
		sent.add(s.txs.of(id))
		s.mail = append(s.mail, &message{kind: kindEvent, to: eventStream, tx: id})
	}
	if b := s.events.again(sent, &s.txs); b != nil {
		s.fail(b.Invariant, b.What)
	}
	s.events.sent.union(sent)
	if b := s.events.check(&s.txs); b != nil {
		s.fail(b.Invariant, b.What)
	}
}

// storeEvent stores an event, which may be stored already, and acknowledges it.
func (s *Simulation) storeEvent(m *message) {
	s.events.stored.add(s.txs.of(m.tx))
	ack := &message{kind: kindPublished, tx: m.tx}
	s.note(eventStream, event{kind: onEventStored, tx: m.tx}, effects{sends: []*message{ack}})
	s.mail = append(s.mail, ack)
}
