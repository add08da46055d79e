package checker

import "testing"

func TestEvents(t *testing.T) {
	for _, tt := range []struct {
		name   string
		want   []Rule
		change func(*world)
	}{
		{"everything is right", nil, func(*world) {}},
		{"the event is missing", []Rule{EventGone}, func(w *world) { delete(w.Events, "event.a") }},
		{"it was published twice", []Rule{EventTwice}, func(w *world) { w.Events["event.c"] = 2 }},
		{"an aborted order has published", []Rule{EventFalse}, func(w *world) { w.Events["event.b"] = 1 }},
		{"a refused order has published", []Rule{EventFalse}, func(w *world) { w.Events["event.d"] = 1 }},
		{"an order without an event", nil, func(w *world) {
			w.Orders[0].Event = ""
			delete(w.Events, "event.a")
		}},
		{"its key was lost with a journal", nil, func(w *world) {
			w.Lost = []Lost{{Keys: map[string]bool{"a": true}}}
			w.Events["event.a"] = 2
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			for _, o := range w.Orders {
				o.Event = "event." + o.Key
			}
			w.Events = map[string]uint64{"event.a": 1, "event.c": 1}
			tt.change(w)
			expect(t, Events(w.History, &w.Stores), tt.want...)
		})
	}
}
