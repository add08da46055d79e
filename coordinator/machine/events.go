package machine

import (
	"fmt"
	"slices"

	"parley/wire"
	"parley/wire/txwire"
)

// Events are messages to streams that are part of a commit. They are published after
// the commit is in the log, never before, and neither delay nor are delayed by the
// participants. A stream acknowledges an event as a participant acknowledges a commit:
// a transaction is kept, carried forward and adopted until all its events are settled,
// too.
//
// Publishing is idempotent only within the stream's duplicate window, so that a later
// record of the log names the events that are settled: one that adopts the log does not
// publish them again. It cannot write that to an adopted log itself, so another one
// that adopts the log after it may.

// Event is an event of a transaction.
type Event struct {
	txwire.CommittedEvent
	// Settled means that the stream has acknowledged it, or an operator gave it up.
	Settled bool
	// Problem is why it could not be published at the last attempt, for reports.
	Problem string
}

// Publish publishes an event to its stream. The driver calls [Machine.Published] once
// the stream named in it has acknowledged the event.
type Publish struct {
	ID    txwire.ID
	Event txwire.CommittedEvent
}

func (Publish) action() {}

func newEvents(events []txwire.CommittedEvent) []Event {
	if len(events) == 0 {
		return nil
	}
	all := make([]Event, len(events))
	for i, e := range events {
		all[i].CommittedEvent = e
	}
	return all
}

func (t *Tx) event(index int) *Event {
	for i := range t.Events {
		if t.Events[i].Index == index {
			return &t.Events[i]
		}
	}
	return nil
}

// unsettled returns the events that are not settled yet.
func (t *Tx) unsettled() (events []txwire.CommittedEvent) {
	for i := range t.Events {
		if !t.Events[i].Settled {
			events = append(events, t.Events[i].CommittedEvent)
		}
	}
	return events
}

// publish publishes the events of a commit that is in the log.
func (m *Machine) publish(t *Tx) {
	for _, e := range t.unsettled() {
		m.do(Publish{ID: t.ID, Event: e})
	}
}

// remindOfEvents gives the events that were published before, and not answered, a
// reason for reports.
func (t *Tx) remindOfEvents() {
	for i := range t.Events {
		if e := &t.Events[i]; !e.Settled && e.Problem == "" {
			e.Problem = e.Event.Subject + ", stream " + e.Stream + ": it has not answered yet; may coordinators publish there?"
		}
	}
}

// EventOf returns an event of a commit that is not settled.
func (m *Machine) EventOf(id txwire.ID, index int) (txwire.CommittedEvent, bool) {
	if t := m.txs[id]; t != nil && t.State == Committed {
		if e := t.event(index); e != nil && !e.Settled {
			return e.CommittedEvent, true
		}
	}
	return txwire.CommittedEvent{}, false
}

// Published processes the acknowledgement of an event by its stream.
func (m *Machine) Published(id txwire.ID, index int) { m.settled(id, index) }

// NotPublished records why an attempt to publish an event failed, for reports. The event
// is published again with [Machine.Resend].
func (m *Machine) NotPublished(id txwire.ID, index int, why string) {
	if t := m.txs[id]; t != nil {
		if e := t.event(index); e != nil {
			e.Problem = why
		}
	}
}

// DropEvent records an operator's decision not to publish an event of a commit. It may
// precede the transaction.
func (m *Machine) DropEvent(id txwire.ID, index int) {
	if !slices.Contains(m.dropped[id], index) {
		m.dropped[id] = append(slices.Clip(m.dropped[id]), index)
	}
	m.settled(id, index)
}

func (m *Machine) settled(id txwire.ID, index int) {
	t := m.txs[id]
	if t == nil || t.State != Committed {
		return
	}
	e := t.event(index)
	if e == nil || e.Settled {
		return
	}
	e.Settled = true
	m.uncount(e.CommittedEvent)
	if l := m.own; l != nil && l.name == id.Log {
		l.settle(id.N, index)
	}
	m.finish(t)
}

// settle has the next record name a settled event.
func (l *ownLog) settle(n uint64, index int) {
	for i := range l.settled {
		if s := &l.settled[i]; s.N == n {
			s.Indexes = append(slices.Clip(s.Indexes), index)
			slices.Sort(s.Indexes)
			return
		}
	}
	l.settled = append(l.settled, txwire.SettledEvents{N: n, Indexes: []int{index}})
}

// backlogBytes returns what an event counts against [Limits.Backlog]: its size in the
// log, and at least so much that a backlog of small events is bounded in number, too,
// since all of them are published again from time to time.
func backlogBytes(e *txwire.CommittedEvent) int { return max(2048, 2*e.Weight()) }

// busyStream returns why a submission's events exceed the backlog of a stream, empty if
// they do not.
func (m *Machine) busyStream(events []txwire.CommittedEvent) string {
	more := map[string]int{}
	for i := range events {
		stream := events[i].Stream
		more[stream] += backlogBytes(&events[i])
		if m.backlog[stream]+more[stream] > m.limits.Backlog {
			return fmt.Sprintf("%d bytes of events for the stream %s are not published yet, the limit is %d; does it take messages?", m.backlog[stream], stream, m.limits.Backlog)
		}
	}
	return ""
}

// count adds the events of a transaction that is held from now on to the backlog of
// their streams, and uncount removes those that are left.
func (m *Machine) count(t *Tx) {
	for _, e := range t.unsettled() {
		m.backlog[e.Stream] += backlogBytes(&e)
	}
}

func (m *Machine) uncount(events ...txwire.CommittedEvent) {
	for i := range events {
		stream := events[i].Stream
		if m.backlog[stream] -= backlogBytes(&events[i]); m.backlog[stream] == 0 {
			delete(m.backlog, stream)
		}
	}
}

// room is the space that is left for events in a record.
type room int

// take reports whether the events of a transaction fit, and takes the space. The first
// transaction of a record always fits.
func (r *room) take(t *Tx) bool {
	need := 0
	for _, e := range t.unsettled() {
		need += e.Weight()
	}
	if int(*r) < need && *r < txwire.MaxRecordEvents {
		return false
	}
	*r -= room(need)
	return true
}

// settledIn returns the events that the records of a log name as settled, by number of
// the transaction, and for each transaction the events in the last record that holds
// it: those that were settled when it was carried forward are missing there.
func settledIn(chain []Stored) (settled map[uint64][]int, last map[uint64][]txwire.CommittedEvent) {
	settled, last = map[uint64][]int{}, map[uint64][]txwire.CommittedEvent{}
	for _, s := range chain {
		for _, e := range s.Record.Settled {
			settled[e.N] = append(settled[e.N], e.Indexes...)
		}
		for _, c := range s.Record.Commits {
			last[c.N] = c.Events
		}
	}
	return settled, last
}

// eventsTo returns the events of an adopted commit that are to be published.
func (m *Machine) eventsTo(id txwire.ID, events []txwire.CommittedEvent, settled []int) []Event {
	all := newEvents(events)
	for i := range all {
		all[i].Settled = slices.Contains(settled, all[i].Index) || slices.Contains(m.dropped[id], all[i].Index)
	}
	return all
}

// eventInfo returns the indexes of the events of a commit that are not settled, and why
// the first one with a reason is not.
func (t *Tx) eventInfo() (indexes []int, why string) {
	if t.State != Committed {
		return nil, ""
	}
	for _, e := range t.Events {
		if e.Settled {
			continue
		}
		indexes = append(indexes, e.Index)
		if why == "" && e.Problem != "" {
			why = wire.Clip(e.Problem)
		}
	}
	return indexes, why
}
