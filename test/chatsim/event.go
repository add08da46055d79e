package chatsim

import (
	"fmt"

	"parley/chatgw/rooms/machine"
	"parley/wire/chatwire"
)

// event is one thing that happens.
type event struct {
	kind eventKind
	// i is which of several: a message on its way, a member, a question.
	i int
	// ops is how far the replica is that answers.
	ops int
}

type eventKind int

const (
	onStore eventKind = iota
	onRemove
	onPurge
	onLive
	onRead
	onReadFailed
	onFill
	onFillFailed
	onRecover
	onRecoverFailed
	onTail
	onAck
	onDue
	onReconnect
	onJoin
	onLeave
)

func (e event) String() string {
	name := [...]string{
		"store", "remove the oldest", "purge", "live", "page read by a replica after operations", "page not read",
		"gap read by a replica after operations", "gap not read", "missed read by a replica after operations", "missed not read",
		"tail of a replica after operations", "acknowledged", "due", "reconnected", "join", "leave",
	}[e.kind]
	switch e.kind {
	case onRead, onFill, onTail:
		return fmt.Sprintf("%s %d", name, e.ops)
	case onRecover:
		return fmt.Sprintf("%s %d for question %d", name, e.ops, e.i)
	case onLive, onAck, onJoin, onLeave, onRecoverFailed:
		return fmt.Sprintf("%s %d", name, e.i)
	default:
		return name
	}
}

// events are all that can happen now.
func (w *world) events() (es []event) {
	if w.stores < w.cfg.Stores {
		es = append(es, event{kind: onStore})
	}
	if !w.log.now().empty() {
		if w.removals < w.cfg.Removals {
			es = append(es, event{kind: onRemove})
		}
		if w.purges < w.cfg.Purges {
			es = append(es, event{kind: onPurge})
		}
	}
	for i := range w.flying {
		es = append(es, event{kind: onLive, i: i})
	}
	for i := range w.acks {
		es = append(es, event{kind: onAck, i: i})
	}
	for i, m := range w.members {
		switch {
		case m.state == away && m.joins < w.cfg.Members[i].Joins:
			es = append(es, event{kind: onJoin, i: i})
		case m.state != away:
			es = append(es, event{kind: onLeave, i: i})
		}
	}
	if w.reminded {
		es = append(es, event{kind: onDue})
	}
	if w.tails < w.cfg.Tails {
		es = append(es, event{kind: onReconnect})
	}
	return w.answers(es)
}

// answers are the answers of replicas to what the room has requested.
func (w *world) answers(es []event) []event {
	for ops := len(w.log.ops); ops >= 0; ops-- {
		if w.reading {
			es = append(es, event{kind: onRead, ops: ops})
		}
		if w.filling {
			es = append(es, event{kind: onFill, ops: ops})
		}
		for i := range w.recovers {
			es = append(es, event{kind: onRecover, i: i, ops: ops})
		}
		if w.tailing || w.tails < w.cfg.Tails {
			es = append(es, event{kind: onTail, ops: ops})
		}
	}
	if w.failures < w.cfg.Failures {
		if w.reading {
			es = append(es, event{kind: onReadFailed})
		}
		if w.filling {
			es = append(es, event{kind: onFillFailed})
		}
		for i := range w.recovers {
			es = append(es, event{kind: onRecoverFailed, i: i})
		}
	}
	return es
}

// do lets an event happen.
func (w *world) do(e event) {
	switch e.kind {
	case onStore:
		w.stores++
		seq, prev := w.log.store()
		w.flying = append(w.flying, flying{seq, prev, w.cfg.Copies})
		if w.cfg.Own {
			w.acks = append(w.acks, seq)
		}
	case onRemove:
		w.removals++
		w.log.ops = append(w.log.ops, remove)
	case onPurge:
		w.purges++
		w.log.ops = append(w.log.ops, purge)
	case onLive:
		w.live(e.i)
	case onAck:
		seq := w.acks[e.i]
		w.acks = append(w.acks[:e.i:e.i], w.acks[e.i+1:]...)
		w.acked = append(w.acked, seq)
		w.room.Acked(seq)
	case onDue:
		w.reminded = false
		w.room.Due()
	case onReconnect:
		w.tails++
		w.room.Reconnected()
	case onTail:
		if !w.tailing {
			w.tails++
		}
		w.tailing = false
		w.room.Tail(w.log.view(e.ops).last())
	case onJoin:
		w.join(e.i)
	case onLeave:
		w.leave(e.i)
	default:
		w.answer(e)
	}
	w.perform()
}

// answer gives the room what it has requested.
func (w *world) answer(e event) {
	v := w.log.view(e.ops)
	switch e.kind {
	case onRead:
		w.reading = false
		w.room.Opened(v.newest(w.cfg.Limits.Page))
	case onFill:
		w.filling = false
		base, found, _ := v.from(w.from, w.cfg.Batch)
		w.room.Filled(base, found)
	case onRecover:
		r := w.forget(e.i)
		base, found, over := v.from(r.Since, w.cfg.Limits.Missed)
		w.room.Recovered(r.Who, base, found, over)
	case onReadFailed:
		w.failures++
		w.reading = false
		w.room.OpenFailed()
	case onFillFailed:
		w.failures++
		w.filling = false
		w.room.FillFailed()
	case onRecoverFailed:
		w.failures++
		w.room.RecoverFailed(w.forget(e.i).Who)
	}
}

func (w *world) forget(i int) machine.Recover {
	r := w.recovers[i]
	w.recovers = append(w.recovers[:i:i], w.recovers[i+1:]...)
	return r
}

// live lets a message arrive, as the shell reads it: somebody has set headers
// of the broker's names, which precede the broker's.
func (w *world) live(i int) {
	f := &w.flying[i]
	m := machine.Message{Size: 1}
	place, err := chatwire.ParseLive(chatwire.LiveSubject("room"), headers(f.seq, f.prev))
	if err != nil {
		panic(err)
	}
	m.Seq, m.Prev = place.Seq, place.Prev
	if f.copies--; f.copies == 0 {
		w.flying = append(w.flying[:i:i], w.flying[i+1:]...)
	}
	w.room.Live(m)
}

func headers(seq, prev uint64) map[string][]string {
	return map[string][]string{
		"Nats-Stream":        {"CHAT"},
		"Nats-Subject":       {chatwire.RoomSubject("room")},
		"Nats-Sequence":      {"4", fmt.Sprint(seq)},
		"Nats-Last-Sequence": {"2", fmt.Sprint(prev)},
	}
}
