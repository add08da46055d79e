// Package inventory is the stock of the food-delivery system as a participant: the
// items of the menu, their stock, and how much of it prepared orders reserve.
//
// A prepare reserves (reserved += quantity, if that much is free), a commit
// takes (stock and reserved -= quantity), an abort releases (reserved -=
// quantity). The quantity is in the payload, so nothing is stored per order. A
// constraint of the database ensures stock >= reserved >= 0.
package inventory

import (
	"parley/participants/sqlite"

	"parley/participants"
	"parley/participants/food"
)

// Config is a participant's configuration and the initial contents of a new database.
type Config struct {
	participants.Config
	// Path is the SQLite file of the journal and of the tables.
	Path string
	// Seed is the menu of a new database; nil means [Sample]. A database that
	// has items keeps them.
	Seed []food.Item
}

// New returns the participant with its endpoints [food.SubjectItems] and
// [food.SubjectRestock]. Its name defaults to [food.Inventory].
func New(cfg Config, deps participants.Deps) (*participants.Participant[*sqlite.Tx], error) {
	if cfg.Name == "" {
		cfg.Name = food.Inventory
	}
	if cfg.Seed == nil {
		cfg.Seed = Sample()
	}
	return participants.New(cfg.Config, deps, sqlite.File(cfg.Path), Resource(cfg.Seed),
		participants.Endpoint[*sqlite.Tx]{Name: "items", Subject: food.SubjectItems, Handle: items},
		participants.Endpoint[*sqlite.Tx]{Name: "restock", Subject: food.SubjectRestock, Handle: restock},
	)
}

// Resource returns only the resource, for tests; seed is the menu of a new database.
func Resource(seed []food.Item) participants.Resource[*sqlite.Tx] { return &stock{seed: seed} }
