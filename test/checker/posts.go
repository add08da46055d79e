package checker

import (
	"parley/idworker/snowflake"
	"parley/test/model"
	"parley/wire/blogwire"
)

// Posts: what was acknowledged is stored once, as it was written; the rest is
// there once or not at all.
func Posts(h *model.History, s *Stores) []Violation {
	var wrong Findings
	type words struct{ user, text string }
	there := map[words]int{}
	by := map[snowflake.ID]blogwire.Post{}
	for _, p := range s.Posts {
		if there[words{p.User, p.Text}]++; there[words{p.User, p.Text}] > 1 {
			wrong.Add(PostTwice, "%s wrote %q once", p.User, p.Text)
		}
		by[p.ID] = p
	}
	for _, p := range h.Posts {
		delete(there, words{p.User, p.Text})
		if p.ID == 0 {
			continue
		}
		if is := by[p.ID]; is.User != p.User || is.Text != p.Text {
			wrong.Add(PostGone, "%v of %s, %q; there is %+v", p.ID, p.User, p.Text, is)
		}
	}
	for w := range there {
		wrong.Add(PostFalse, "%s, %q", w.user, w.text)
	}
	return wrong
}
