// Package inventory is the food-delivery system's stock as a participant: what
// is on the menu, how much of it is there, and how much of that prepared
// orders hold.
//
// A prepare reserves (reserved += quantity, if that much is free), a commit
// takes (stock and reserved -= quantity), an abort gives back (reserved -=
// quantity). The order itself says how much, so nothing is kept per order. The
// database holds stock >= reserved >= 0 by a constraint.
package inventory

import (
	"parley/participants"
	"parley/participants/food"
)

// Config is a participant's, with what a new database starts with.
type Config struct {
	participants.Config
	// Seed is the menu of a new database; nil means [Sample]. A database that
	// has items keeps them.
	Seed []food.Item
}

// New wires the participant and its endpoints [food.SubjectItems] and
// [food.SubjectRestock]. Its name defaults to [food.Inventory].
func New(cfg Config, deps participants.Deps) (*participants.Participant, error) {
	if cfg.Name == "" {
		cfg.Name = food.Inventory
	}
	if cfg.Seed == nil {
		cfg.Seed = Sample()
	}
	return participants.New(cfg.Config, deps, Resource(cfg.Seed),
		participants.Endpoint{Name: "items", Subject: food.SubjectItems, Handle: items},
		participants.Endpoint{Name: "restock", Subject: food.SubjectRestock, Handle: restock},
	)
}

// Resource is the stock alone, for tests; seed is the menu of a new database.
func Resource(seed []food.Item) participants.Resource { return &stock{seed: seed} }
