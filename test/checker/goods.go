package checker

import (
	"maps"
	"slices"

	"parley/participants/food"
	"parley/test/model"
	"parley/wire/txwire"
)

// Goods: stock of an item, which is what was there when everything was new, less what committed orders
// took, is what there is now; nothing is reserved. That holds for each participant by
// what its journal has, also of one that was restored, with what it had.
func Goods(h *model.History, s *Stores, stock func(item string) int64) []Violation {
	var wrong Findings
	sold, carried := map[string]int64{}, map[string]int64{}
	done := func(participant string) map[string]bool {
		keys := map[string]bool{}
		for _, b := range s.Journals[participant].Branches {
			keys[b.Key] = keys[b.Key] || b.State == txwire.BranchCommitted
		}
		return keys
	}
	taken, given := done(food.Inventory), done(food.Delivery)
	for _, o := range h.Orders {
		if taken[o.Key] {
			sold[o.Item] += o.Quantity
		}
		if given[o.Key] {
			carried[o.Zone]++
		}
	}
	for _, i := range s.Items {
		if want := stock(i.Item) - sold[i.Item]; i.Stock != want || i.Reserved != 0 {
			wrong.Add(Stock, "%s: %d in stock and %d reserved, want %d and 0", i.Item, i.Stock, i.Reserved, want)
		}
	}
	assigned := map[string]int64{}
	for _, c := range s.Couriers {
		assigned[c.Zone] += c.Assigned
		if c.Reserved != 0 {
			wrong.Add(Courier, "courier %d in %s is reserved %d times", c.ID, c.Zone, c.Reserved)
		}
	}
	for _, zone := range slices.Sorted(maps.Keys(assigned)) {
		if assigned[zone] != carried[zone] {
			wrong.Add(Courier, "%s: %d orders are with couriers, want %d", zone, assigned[zone], carried[zone])
		}
	}
	return wrong
}
