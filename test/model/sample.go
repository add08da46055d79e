package model

import "time"

// Sample is what was in doubt at a moment.
type Sample struct {
	At time.Time
	// Doubt is how many branches are prepared, at the participants that
	// answered; Oldest is for how long the oldest of them has been.
	Doubt  int
	Oldest time.Duration
	// Silent are the participants that did not answer.
	Silent int
}

// Event is a fault that was done.
type Event struct {
	// Kind and Target are what was done to whom, Step where in the protocol,
	// if it was by design.
	Kind, Target, Step string
	From, To           time.Time
	// Missed is why it could not be done, empty if it was.
	Missed string
}
