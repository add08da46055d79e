package checker

import (
	"parley/test/model"
	"parley/wire/txwire"
)

// Events compares the events in their stream with the orders that have one.
func Events(h *model.History, s *Stores) []Violation {
	committed := map[string]bool{}
	for _, j := range s.Journals {
		for _, b := range j.Branches {
			committed[b.Key] = committed[b.Key] || b.State == txwire.BranchCommitted
		}
	}
	var wrong Findings
	for _, o := range h.Orders {
		if o.Event == "" || s.lostKey(o.Key) {
			continue
		}
		switch n := s.Events[o.Event]; {
		case committed[o.Key] && n == 0:
			wrong.Add(EventGone, "%s", o.Key)
		case committed[o.Key] && n > 1:
			wrong.Add(EventTwice, "%s: %d times", o.Key, n)
		case !committed[o.Key] && n > 0:
			wrong.Add(EventFalse, "%s: %d times", o.Key, n)
		}
	}
	return wrong
}
