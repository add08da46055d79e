package sim

import (
	"fmt"
	"slices"
)

// trace is the shortest way from the initial state to state i, one line a step,
// and then the last step, if there is one.
func (x *explorer) trace(i uint32, last *step) []string {
	path := x.seen.Path(i)
	var lines []string
	buf := make([]uint32, x.world.size)
	for n := 1; n < len(path); n++ {
		from, to := x.seen.At(path[n-1]), x.seen.At(path[n])
		x.world.expand(from, buf, func(at int, st *step, next []uint32) bool {
			if !slices.Equal(next, to) {
				return true
			}
			lines = append(lines, x.world.line(at, st, from, next))
			return false
		})
	}
	if last != nil {
		from := x.seen.At(path[len(path)-1])
		x.world.expand(from, buf, func(at int, st *step, _ []uint32) bool {
			if st == last {
				lines = append(lines, x.world.line(at, st, from, nil))
			}
			return st != last
		})
	}
	for n := range lines {
		lines[n] = fmt.Sprintf("%3d. %s", n+1, lines[n])
	}
	return lines
}

// line is one step as a person reads it, with the messages that are sent at
// once because of it (see normalize).
func (w *world) line(at int, st *step, from, to []uint32) string {
	s := w.name(at) + " " + st.event.String()
	if fx := st.fx.String(); fx != "" {
		s += " -> " + fx
	}
	for b := range w.boxes {
		if to == nil {
			break
		}
		before := w.boxes[b].Items[from[w.atBoxes+b]]
		for _, m := range w.boxes[b].Items[to[w.atBoxes+b]].messages {
			if before.has[m/64]>>(m%64)&1 == 0 && !slices.Contains(st.sends, post{uint8(b), m}) {
				s += "; also " + w.messages[b].messages[m].String()
			}
		}
	}
	return s
}

// name is that of a part of a state.
func (w *world) name(at int) string {
	switch {
	case at < w.atParts:
		return fmt.Sprintf("c%d", at+1)
	case at < w.atClients:
		return w.cfg.Participants[at-w.atParts]
	case at < w.atBoxes:
		return w.cfg.Clients[at-w.atClients].Name
	case w.cfg.stream() && at == w.atStream:
		return "the stream"
	default:
		return "log " + w.slots[at-w.atLogs]
	}
}
