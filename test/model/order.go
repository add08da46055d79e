package model

import (
	"time"

	"parley/participants/food"
	"parley/wire/txwire"
)

// Order is one order, perhaps asked several times with its key.
type Order struct {
	Key      string
	Item     string
	Quantity int64
	Zone     string
	// Event is the subject of its event, empty for none.
	Event string
	// Asked is when it was submitted first.
	Asked time.Time
	// Answers are those that clients received, in the order in which they came. An
	// order without an answer has none.
	Answers []Answer
}

// Participants returns those of the order: one without a zone needs no courier. A
// missing order may have both.
func (o *Order) Participants() []string {
	if o != nil && o.Zone == "" {
		return []string{food.Inventory}
	}
	return []string{food.Inventory, food.Delivery}
}

// Verdict is an answer in a word.
type Verdict string

const (
	// Committed and Aborted are definite: they hold at every participant.
	Committed Verdict = "committed"
	Aborted   Verdict = "aborted"
	// Refused: this submission started nothing. Another one of the same order
	// may have.
	Refused Verdict = "refused"
	// Unknown: it may have been either, or may still become it.
	Unknown Verdict = "unknown"
)

// Answer is one that a client received.
type Answer struct {
	Verdict Verdict
	// ID is the transaction, zero if the answer had none.
	ID txwire.ID
	// Why explains everything but a commit.
	Why string
	// At is when it came, and Took how long that had been.
	At   time.Time
	Took time.Duration
	// Via is the broker that the client was connected to, empty for any.
	Via string
	// Again: it was asked after everything had healed.
	Again bool
}

// Definite is the order's first definite answer, or its zero value.
func (o *Order) Definite() (a Answer, ok bool) {
	for _, a := range o.Answers {
		if a.Verdict == Committed || a.Verdict == Aborted {
			return a, true
		}
	}
	return Answer{}, false
}
