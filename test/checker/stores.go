package checker

import (
	"parley/participants/food"
	"parley/test/chat"
	"parley/wire/blogwire"
	"parley/wire/txwire"
)

// Stores are what the system has when nothing moves any more.
type Stores struct {
	// Journals are those of the participants, by name.
	Journals map[string]Journal
	Items    []food.Item
	Couriers []food.Courier
	// Lost is what went with journals that were restored from a backup.
	Lost []Lost
	// Events is how often the stream of events has each, by subject.
	Events map[string]uint64
	// Posts are all posts of the blog.
	Posts []blogwire.Post
	// Chat is the whole stream, and Ends the last message of each room.
	Chat []chat.Stored
	Ends map[string]uint64
	// Logs is what the stream of commit logs holds, and Trace what coordinators
	// did to it.
	Logs  []LogRecord
	Trace []Operation
}

// Journal is what a participant has of all transactions.
type Journal struct {
	Branches []Branch
	// Violations are outcomes that it refused to apply.
	Violations []Refused
}

// Refused is an outcome that contradicts a journal.
type Refused struct {
	ID  txwire.ID
	Why string
}

// Branch is one transaction at one participant.
type Branch struct {
	ID    txwire.ID
	Key   string
	State txwire.BranchState
}
