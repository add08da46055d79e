// Package delivery is the couriers of the food-delivery system as a participant:
// the zone of each, how many orders each can carry, and how many prepared and
// committed orders each has.
//
// A prepare reserves the courier of the zone with the fewest orders, and returns
// the courier as the vote's detail, which a commit (reserved to assigned) and an
// abort (reserved -= 1) use. Completing an order decrements assigned. A constraint
// of the database ensures reserved + assigned <= capacity.
package delivery

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
	// Seed are the couriers of a new database; nil means [Sample]. A database
	// that has couriers keeps them.
	Seed []food.Courier
}

// New returns the participant with its endpoints [food.SubjectCouriers] and
// [food.SubjectComplete]. Its name defaults to [food.Delivery].
func New(cfg Config, deps participants.Deps) (*participants.Participant[*sqlite.Tx], error) {
	if cfg.Name == "" {
		cfg.Name = food.Delivery
	}
	if cfg.Seed == nil {
		cfg.Seed = Sample()
	}
	return participants.New(cfg.Config, deps, sqlite.File(cfg.Path), Resource(cfg.Seed),
		participants.Endpoint[*sqlite.Tx]{Name: "couriers", Subject: food.SubjectCouriers, Handle: list},
		participants.Endpoint[*sqlite.Tx]{Name: "complete", Subject: food.SubjectComplete, Handle: complete},
	)
}

// Resource returns only the resource, for tests; seed are the couriers of a new database.
func Resource(seed []food.Courier) participants.Resource[*sqlite.Tx] { return &couriers{seed: seed} }
