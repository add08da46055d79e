package checker

import "parley/test/chaos/model"

// All holds everything against everything. stock is what inventory had of each
// item when it was new.
func All(h *model.History, s *Stores, stock int64) (wrong []Violation) {
	for _, c := range h.Complaints {
		wrong = append(wrong, Violation{Rule(c.About), c.Text})
	}
	wrong = append(wrong, Orders(h, s)...)
	wrong = append(wrong, Noticed(s)...)
	wrong = append(wrong, Goods(h, s, stock)...)
	wrong = append(wrong, Posts(h, s)...)
	wrong = append(wrong, Chat(h, s)...)
	return append(wrong, Logs(s)...)
}
