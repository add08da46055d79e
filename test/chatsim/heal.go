package chatsim

import (
	"fmt"
	"slices"

	"parley/test/explore"
)

// maxRounds bounds how long a healed world may take.
const maxRounds = 60

// heal lets nothing go wrong any more: what is on its way is lost, replicas are
// up to date. With tails that are compared every member must come to the end of
// the room; with acknowledgements alone, to the last that was acknowledged.
func (w *world) heal(tails bool) {
	w.flying = nil
	for range maxRounds {
		if w.broken != nil {
			return
		}
		if w.round(tails) {
			w.checkHealed(tails)
			return
		}
	}
	w.fail(Live, fmt.Sprintf("the room has not come to rest after %d rounds", maxRounds))
}

// round does everything that is to be done and reports whether that was
// nothing.
func (w *world) round(tails bool) (idle bool) {
	best := len(w.log.ops)
	idle = true
	do := func(e event) {
		idle = false
		w.do(e)
	}
	for len(w.acks) > 0 {
		do(event{kind: onAck})
	}
	if w.reminded {
		do(event{kind: onDue})
	}
	if w.reading {
		do(event{kind: onRead, ops: best})
	}
	if w.filling {
		do(event{kind: onFill, ops: best})
	}
	for len(w.recovers) > 0 {
		do(event{kind: onRecover, ops: best})
	}
	last := w.log.now().last()
	if known, open := w.room.Last(); tails && open && (w.tailing || last > known) {
		w.tailing = true
		do(event{kind: onTail, ops: best})
	}
	return idle
}

// checkHealed looks where everybody is.
func (w *world) checkHealed(tails bool) {
	end := w.log.now().last()
	if !tails {
		end = 0
		for _, seq := range w.acked {
			if w.log.now().has(seq) {
				end = max(end, seq)
			}
		}
		if known, open := w.room.Last(); open && known < end {
			w.fail(Live, fmt.Sprintf("message %d was acknowledged, and the room ends at %d", end, known))
		}
		return
	}
	for i, m := range w.members {
		switch {
		case m.state == waiting:
			w.fail(Live, fmt.Sprintf("member %d waits for ever", i))
		case m.state == inside && m.have < end:
			w.fail(Live, fmt.Sprintf("member %d has everything up to %d, the room ends at %d", i, m.have, end))
		}
	}
}

// healed checks that the world can be healed, on copies.
func (w *world) healed() *explore.Broken {
	for _, tails := range []bool{true, false} {
		c := w.clone()
		if !tails && slices.Max(append(c.acked, 0))+uint64(len(c.acks)) == 0 {
			continue
		}
		if c.heal(tails); c.broken != nil {
			return c.broken
		}
	}
	return nil
}
