package chatsim

import "parley/chatgw/rooms/machine"

// Config bounds a world.
type Config struct {
	Name string
	// Stores is how many messages are stored, Removals how often the oldest
	// goes, Purges how often all go.
	Stores, Removals, Purges int
	// Own: the gateway published the messages itself and learns where they
	// are.
	Own bool
	// Copies is how often a re-sent message may arrive.
	Copies int
	// Tails bounds the tails that arrive without a question.
	Tails int
	// Failures bounds the reads that fail.
	Failures int
	Members  []MemberConfig
	// Batch is how many messages one answer holds at most.
	Batch  int
	Limits machine.Limits
	// Small configurations are explored with the race detector too.
	Small bool
}

// Label implements [explore.Config].
func (c Config) Label() (name string, small bool) { return c.Name, c.Small }

// MemberConfig is a member's story.
type MemberConfig struct {
	// Joins bounds how often it joins. From its second time on, and if it has
	// known something from the start, it requests what came after that.
	Joins int
	// Knows is what it has from before the world began: Number of the epoch
	// Epoch. Numbers of this world's messages are even.
	Epoch  string
	Number uint64
}

const (
	epoch = "this"
	other = "other"
)

func limits() machine.Limits {
	return machine.Limits{Page: 2, Ring: 2, RingBytes: 1 << 20, Missed: 3, Ahead: 2, Hole: 4, Tries: 2, ClaimTries: 1}
}

// Configs are the worlds that are explored.
func Configs() []Config {
	return []Config{
		// A member that stays: gaps, duplicates, order.
		{
			Name: "order", Stores: 4, Copies: 1, Tails: 1, Batch: 2, Limits: limits(),
			Members: []MemberConfig{{Joins: 1}},
		},
		{
			Name: "twice", Stores: 3, Copies: 2, Tails: 1, Batch: 2, Limits: limits(),
			Members: []MemberConfig{{Joins: 1}},
		},
		// The acknowledgement of the last message is the only hint that there
		// is one.
		{
			Name: "own", Stores: 3, Own: true, Copies: 1, Batch: 2, Limits: limits(),
			Members: []MemberConfig{{Joins: 1}},
		},
		// The oldest go while a gap is open.
		{
			Name: "removal", Stores: 3, Removals: 2, Copies: 1, Tails: 1, Batch: 2, Limits: limits(),
			Members: []MemberConfig{{Joins: 2}},
		},
		{
			Name: "purge", Stores: 4, Purges: 1, Copies: 1, Batch: 3, Limits: limits(),
			Members: []MemberConfig{{Joins: 2}},
		},
		// Members join again with what they know while others stay.
		{
			Name: "resume", Stores: 4, Copies: 1, Batch: 3, Limits: limits(),
			Members: []MemberConfig{{Joins: 2}, {Joins: 1, Epoch: epoch, Number: 4}},
		},
		{
			Name: "evicted", Stores: 3, Removals: 2, Copies: 1, Batch: 4, Limits: limits(),
			Members: []MemberConfig{{Joins: 1, Epoch: epoch, Number: 2}, {Joins: 1, Epoch: epoch, Number: 0}},
		},
		// Numbers that are made up, and those of a stream that is no more.
		{
			Name: "foreign", Stores: 3, Copies: 1, Batch: 3, Limits: limits(),
			Members: []MemberConfig{
				{Joins: 1, Epoch: epoch, Number: 3}, {Joins: 1, Epoch: epoch, Number: 9}, {Joins: 1, Epoch: other, Number: 4},
			},
		},
		// Reads that fail, for the machine's patience.
		{
			Name: "failure", Stores: 3, Copies: 1, Tails: 1, Failures: 2, Batch: 2, Limits: limits(),
			Members: []MemberConfig{{Joins: 2}}, Small: true,
		},
	}
}
