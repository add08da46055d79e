package checker

import "parley/test/model"

// All compares everything with everything, but for the commit logs. stock is what inventory had of each
// item when it was new.
func All(h *model.History, s *Stores, stock int64) (wrong []Violation) {
	for _, c := range h.Complaints {
		wrong = append(wrong, Violation{Rule(c.About), c.Text})
	}
	wrong = append(wrong, Orders(h, s)...)
	wrong = append(wrong, Noticed(s)...)
	wrong = append(wrong, Goods(h, s, func(string) int64 { return stock })...)
	wrong = append(wrong, Events(h, s)...)
	wrong = append(wrong, Posts(h, s)...)
	return append(wrong, Chat(h, s)...)
}
