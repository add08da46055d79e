package chatsim

import (
	"fmt"

	"parley/chatgw/rooms/machine"
	"parley/test/explore"
)

// The room's promise.
const (
	// Order: a member is given the messages of the room in order, each once,
	// and no message before the one that stood in front of it when it was
	// stored.
	Order explore.Invariant = "order"
	// Exact: a member that is answered "recovered" has missed exactly what it is
	// given, and knew the room of this epoch.
	Exact explore.Invariant = "exact"
	// Newest: a page has no hole, ends where its answer claims, and has
	// older messages if it claims so.
	Newest explore.Invariant = "newest"
	// Live: a healed world comes to rest with every member at the room's end.
	Live explore.Invariant = "live"
	// Loud: the machine neither panics nor asks for nonsense.
	Loud explore.Invariant = "loud"
)

func (w *world) fail(i explore.Invariant, what string) {
	if w.broken == nil {
		w.broken = &explore.Broken{Invariant: i, What: what}
	}
}

// deliver gives messages to a member and checks the order.
func (w *world) deliver(i int, messages []machine.Message) {
	for _, m := range messages {
		w.take(i, Order, m)
	}
}

// take lets a member have its next message.
func (w *world) take(i int, inv explore.Invariant, m machine.Message) {
	have := w.members[i].have
	prev, exists := w.log.prev(m.Seq)
	switch {
	case !exists:
		w.fail(inv, fmt.Sprintf("member %d is given message %d, which was never stored", i, m.Seq))
	case m.Seq <= have:
		w.fail(inv, fmt.Sprintf("member %d is given message %d and has everything up to %d", i, m.Seq, have))
	case prev > have:
		w.fail(inv, fmt.Sprintf("member %d is given message %d and has everything up to %d, but %d stands between", i, m.Seq, have, prev))
	case m.Prev != 0 && m.Prev != have:
		w.fail(inv, fmt.Sprintf("member %d is given message %d after %d, and the message claims to follow %d", i, m.Seq, have, m.Prev))
	}
	w.members[i].have = m.Seq
}

// admit lets a member in and checks its answer.
func (w *world) admit(i int, a machine.Admit) {
	m := &w.members[i]
	if m.state != waiting {
		w.fail(Loud, fmt.Sprintf("member %d is admitted and did not ask", i))
		return
	}
	m.state = inside
	if a.Recovered {
		if !m.resumes || m.epoch != epoch {
			w.fail(Exact, fmt.Sprintf("member %d is answered recovered, with %d of epoch %q", i, m.have, m.epoch))
		}
		for _, msg := range a.Messages {
			w.take(i, Exact, msg)
		}
		if m.have != a.Last {
			w.fail(Exact, fmt.Sprintf("member %d is answered that it knows all up to %d, it was given all up to %d", i, a.Last, m.have))
		}
		if len(a.Messages) > w.cfg.Limits.Missed {
			w.fail(Exact, fmt.Sprintf("member %d is given %d messages, the limit is %d", i, len(a.Messages), w.cfg.Limits.Missed))
		}
		return
	}
	m.epoch, m.have = epoch, 0
	if len(a.Messages) > 0 {
		first := a.Messages[0].Seq
		m.have, _ = w.log.prev(first)
		if !a.More && w.log.now().has(m.have) {
			w.fail(Newest, fmt.Sprintf("member %d is answered that nothing is before %d, but %d is", i, first, m.have))
		}
	}
	for _, msg := range a.Messages {
		if msg.Prev == 0 {
			msg.Prev = m.have // not known
		}
		w.take(i, Newest, msg)
	}
	if len(a.Messages) > w.cfg.Limits.Page || m.have != a.Last {
		w.fail(Newest, fmt.Sprintf("member %d is given a page of %d messages up to %d and answered %d", i, len(a.Messages), m.have, a.Last))
	}
}
