// Package delivery is the food-delivery system's couriers as a participant:
// who delivers in which zone, how many orders each can carry, and how many of
// those places prepared and committed orders hold.
//
// A prepare reserves a place with the courier of the zone who has the fewest,
// and says who it is in the vote's detail; that detail is what a commit
// (reserved to assigned) and an abort (reserved back) go by. Completing an
// order frees its place. The database holds reserved + assigned <= capacity by
// a constraint.
package delivery

import (
	"parley/participants"
	"parley/participants/food"
)

// Config is a participant's, with what a new database starts with.
type Config struct {
	participants.Config
	// Seed are the couriers of a new database; nil means [Sample]. A database
	// that has couriers keeps them.
	Seed []food.Courier
}

// New wires the participant and its endpoints [food.SubjectCouriers] and
// [food.SubjectComplete]. Its name defaults to [food.Delivery].
func New(cfg Config, deps participants.Deps) (*participants.Participant, error) {
	if cfg.Name == "" {
		cfg.Name = food.Delivery
	}
	if cfg.Seed == nil {
		cfg.Seed = Sample()
	}
	return participants.New(cfg.Config, deps, Resource(cfg.Seed),
		participants.Endpoint{Name: "couriers", Subject: food.SubjectCouriers, Handle: list},
		participants.Endpoint{Name: "complete", Subject: food.SubjectComplete, Handle: complete},
	)
}

// Resource is the couriers alone, for tests; seed are those of a new database.
func Resource(seed []food.Courier) participants.Resource { return &couriers{seed: seed} }
