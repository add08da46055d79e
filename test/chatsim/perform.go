package chatsim

import (
	"fmt"
	"slices"

	"parley/chatgw/rooms/machine"
)

func (w *world) join(i int) {
	m := &w.members[i]
	m.joins++
	m.state, m.resumes = waiting, m.epoch != ""
	w.room.Join(who(i), m.epoch, m.have)
}

func (w *world) leave(i int) {
	m := &w.members[i]
	if m.state == waiting {
		w.room.Leave(who(i))
		w.recovers = slices.DeleteFunc(w.recovers, func(r machine.Recover) bool { return r.Who == who(i) })
	}
	m.state = away
}

func who(i int) machine.Who { return machine.Who(i + 1) }

// perform does what the room requests.
func (w *world) perform() {
	for _, a := range w.room.Actions() {
		switch a := a.(type) {
		case machine.Read:
			w.reading = true
		case machine.Fill:
			if w.filling {
				w.fail(Loud, "two reads of a gap at a time")
			}
			w.filling, w.from = true, a.From
		case machine.Recover:
			a.Again = false // how long to wait is of no interest here
			w.recovers = append(w.recovers, a)
		case machine.ReadTail:
			w.tailing = true
		case machine.Remind:
			w.reminded = true
		case machine.Deliver:
			for i := range w.members {
				if w.members[i].state == inside {
					w.deliver(i, a.Messages)
				}
			}
		case machine.Admit:
			w.admit(int(a.Who)-1, a)
		case machine.Lost:
			w.lose(a)
			return
		default:
			w.fail(Loud, fmt.Sprintf("unknown action %T", a))
		}
	}
}

// lose sends everybody away and takes those who waited to another room.
func (w *world) lose(l machine.Lost) {
	for i := range w.members {
		m := &w.members[i]
		if m.state == inside {
			m.state = away
		}
		if m.state == waiting && !slices.Contains(l.Waiting, who(i)) {
			w.fail(Live, fmt.Sprintf("member %d waits, and the lost room does not report it", i))
		}
	}
	w.openRoom()
	for _, n := range l.Waiting {
		m := &w.members[n-1]
		w.room.Join(n, m.epoch, m.have)
	}
	w.perform()
}
