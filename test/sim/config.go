package sim

import (
	"encoding/json"

	"parley/coordinator/machine"
	"parley/wire"
	"parley/wire/txwire"
)

// Config is one bounded world. Within its bounds everything can happen in every
// order.
type Config struct {
	Name string
	// About is what the configuration is for.
	About string
	// Participants are their names; Refuses those whose resource may refuse.
	Participants, Refuses []string
	Clients               []ClientConfig
	// Coordinators is how many there are, and LogNames the names of the logs
	// that each will open: their order decides who makes way for whom.
	Coordinators []CoordinatorConfig
	// Groups: participants make several messages durable at once. Without, a
	// message is taken and made durable in one step, which allows the same:
	// a group is invisible until it is durable, and its answers may be late.
	Groups bool
	// Late: a prepare may arrive past its deadline. Absent: a participant may
	// have no subscriber when it is asked.
	Late, Absent bool
	// Asks: a question may wait for a seal that it causes. Without, silent
	// owners are found by scans alone, and the question is answered after that.
	Asks bool
	// Lies: a broker that is no longer the leader answers that a write mismatches,
	// or that the log is empty, while the leader stores it. Seen, see
	// docs/RELIABILITY.md.
	Lies bool
	// Collects: participants may collect what is finished, after which everything
	// still under way is past its window, and clocks may step back before the
	// deadline or far beyond the window with every message.
	Collects bool
	// Copies: the journal of each participant may be copied once, and replaced
	// by the copy once. What was lost with that may contradict the rest, loudly;
	// nothing may be counted as applied that was not.
	Copies bool
	// Abandons: operators may abandon branches of commits.
	Abandons bool
	// Restores: an older store is put under the stream, one from before something
	// that every coordinator knows of. Forgets: these restart at that moment and
	// know nothing, but the journals know of more than will be stored. Replaces: the stream is lost before anything
	// was committed, and an operator has everybody go on with a new one. Both
	// happen at most once.
	Restores, Forgets, Replaces bool
	// Events: some clients' transactions have an event.
	Events bool
	// Exact: states are not brought to a normal form; see world.normalize.
	Exact bool
	// Small: it takes seconds, also with the race detector.
	Small bool
}

// Label implements [explore.Config].
func (c Config) Label() (name string, small bool) { return c.Name, c.Small }

// stream: something befalls the whole stream. Sequences are those of the stream
// then, not of each log.
func (c *Config) stream() bool { return c.Restores || c.Replaces }

// CoordinatorConfig bounds one coordinator.
type CoordinatorConfig struct {
	Logs []string
	// Crashes is how often it may crash and start again, Seals how often it may
	// adopt a log whose owner is alive, Trims how often it trims, Restarts how
	// often it starts a transaction again that made way, Closes how often it
	// may be asked to stop.
	Crashes, Seals, Trims, Restarts, Closes int
}

// ClientConfig is one client with one submission.
type ClientConfig struct {
	Name, Key string
	// Content distinguishes submissions with one key.
	Content string
	// Tries is how often it submits.
	Tries int
	// Once: the key was made for this submission.
	Once bool
	Wait txwire.Wait
	// Event: its transaction has an event.
	Event bool
	// Participants of its transaction.
	Participants []string
}

func (c *ClientConfig) submit(once bool) txwire.Submit {
	s := txwire.Submit{V: wire.Version, Key: c.Key, Wait: c.Wait, Once: once}
	for _, p := range c.Participants {
		s.Branches = append(s.Branches, txwire.Branch{Participant: p, Payload: json.RawMessage(`"` + c.Content + `"`)})
	}
	if c.Event {
		s.Events = []txwire.Event{{Subject: "orders." + c.Name}}
	}
	return s
}

// limits are small enough for every bound to matter.
func limits() machine.Limits {
	return machine.Limits{Undecided: 8, Unfinished: 8, Batch: 2, TrimAt: 1, CarryAt: 1, Done: 8, Backlog: 1 << 20}
}
