package sim

import (
	"fmt"
	"slices"
)

// Line implements [explore.Space], with the messages that are sent immediately
// because of the step (see normalize).
func (w *world) Line(h happening, from, to []uint32) string {
	st := h.step
	s := w.name(h.at) + " " + st.event.String()
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
	case w.cfg.Events && at == w.atEvents:
		return "the stream of events"
	case w.cfg.stream() && at == w.atStream:
		return "the stream"
	default:
		return "log " + w.slots[at-w.atLogs]
	}
}
