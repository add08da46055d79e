package sim

import (
	"parley/wire/txwire"
)

// pair are the participants of nearly every configuration.
func pair() []string { return []string{"inventory", "delivery"} }

func order(tries int, once bool) ClientConfig {
	return ClientConfig{Name: "client", Key: "k", Content: "order", Tries: tries, Once: once, Participants: pair()}
}

// alone is a client whose transaction has one participant.
func alone(c ClientConfig) ClientConfig {
	c.Participants = pair()[:1]
	return c
}

// patient is a client that waits until its transaction is applied everywhere.
func patient(tries int, participants []string) ClientConfig {
	return ClientConfig{
		Name: "client", Key: "k", Content: "order", Tries: tries, Once: true, Wait: txwire.WaitApplied, Participants: participants,
	}
}

// another is a client with a key of its own, rival one with the same key and
// other content.
func another() ClientConfig {
	return ClientConfig{Name: "another", Key: "k2", Content: "another order", Tries: 1, Once: true, Participants: pair()}
}

// withEvent is a client whose transaction has an event.
func withEvent(c ClientConfig) ClientConfig {
	c.Event = true
	return c
}

func rival() ClientConfig {
	return ClientConfig{Name: "rival", Key: "k", Content: "another order", Tries: 1, Participants: pair()}
}

// coordinators are two, within these bounds. What each opens after its first
// log has a name on the other side of the rest.
func coordinators(c1, c2 CoordinatorConfig) []CoordinatorConfig {
	c1.Logs, c2.Logs = []string{"b", "d"}, []string{"c", "a"}
	return []CoordinatorConfig{c1, c2}
}

// Configs are the worlds that are explored by every run of the tests.
func Configs() []Config {
	quiet := CoordinatorConfig{}
	return named(pair(), []Config{
		{
			Name: "exact", About: "a living coordinator is sealed; no reduction of any kind",
			Clients: []ClientConfig{order(1, true)}, Exact: true, Asks: true,
			Coordinators: coordinators(quiet, CoordinatorConfig{Seals: 1}),
		},
		{
			Name: "groups", About: "participants make several messages durable at once, and crash before; no reduction",
			Clients: []ClientConfig{order(1, true)}, Exact: true, Groups: true, Small: true,
			Coordinators: coordinators(quiet, quiet),
		},
		{
			Name: "crash", About: "a coordinator crashes and starts again, or is sealed alive",
			Clients:      []ClientConfig{order(1, true)},
			Coordinators: coordinators(CoordinatorConfig{Crashes: 1}, CoordinatorConfig{Seals: 1}),
		},
		{
			Name: "questions", About: "a coordinator crashes, and branches in doubt wait for the seal they cause",
			Clients: []ClientConfig{order(1, true)}, Asks: true,
			Coordinators: coordinators(CoordinatorConfig{Crashes: 1}, quiet),
		},
		{
			Name: "repeat", About: "a client of one participant repeats its key while a living coordinator is sealed",
			Participants: pair()[:1], Clients: []ClientConfig{alone(order(2, true))},
			Coordinators: coordinators(quiet, CoordinatorConfig{Seals: 1}),
		},
		{
			Name: "restart", About: "two submissions with one key meet; the larger makes way and starts again",
			Clients:      []ClientConfig{order(2, false)},
			Coordinators: coordinators(CoordinatorConfig{Restarts: 1}, CoordinatorConfig{Restarts: 1}),
		},
		{
			Name: "refuse", About: "refusals, late prepares, nobody who listens, a client that repeats its key",
			Clients: []ClientConfig{order(2, true)}, Refuses: pair()[1:], Late: true, Absent: true, Small: true,
			Coordinators: coordinators(quiet, quiet),
		},
		{
			Name: "trim", About: "a log is trimmed, and its owner crashes",
			Clients:      []ClientConfig{order(1, true)},
			Coordinators: coordinators(CoordinatorConfig{Crashes: 1, Trims: 2}, quiet),
		},
		{
			Name: "carry", About: "two transactions share a log; the one that is finished last is carried forward",
			Clients:      []ClientConfig{order(1, true), another()},
			Coordinators: coordinators(CoordinatorConfig{Trims: 2}, quiet),
		},
		{
			Name: "applied", About: "a client that waits until all is applied repeats its key twice",
			Participants: pair()[:1], Clients: []ClientConfig{patient(3, pair()[:1])},
			Coordinators: coordinators(quiet, quiet),
		},
		{
			Name: "lies", About: "a broker refuses what is stored all the same, while a living coordinator is sealed",
			Participants: pair()[:1], Clients: []ClientConfig{alone(order(1, true))}, Lies: true, Asks: true,
			Coordinators: coordinators(quiet, CoordinatorConfig{Seals: 1}),
		},
		{
			Name: "collect", About: "participants collect what is finished, and clocks step; no reduction",
			Clients: []ClientConfig{order(1, true)}, Collects: true, Exact: true, Small: true,
			Coordinators: coordinators(quiet, quiet)[:1],
		},
		{
			Name: "copied", About: "journals are restored from copies, and clocks step; no reduction",
			Participants: pair()[:1], Clients: []ClientConfig{alone(order(1, true))}, Copies: true, Exact: true, Small: true,
			Coordinators: coordinators(quiet, CoordinatorConfig{Seals: 1}),
		},
		{
			Name: "abandon", About: "an operator abandons a branch whose journal is found again, while a coordinator crashes and trims",
			Participants: pair()[:1], Clients: []ClientConfig{alone(order(1, true))}, Abandons: true, Small: true,
			Coordinators: coordinators(CoordinatorConfig{Crashes: 1, Trims: 1}, quiet),
		},
		{
			Name: "events", About: "a commit has an event, and its coordinator crashes or trims",
			Participants: pair()[:1], Clients: []ClientConfig{withEvent(alone(order(1, true)))}, Events: true,
			Coordinators: coordinators(CoordinatorConfig{Crashes: 1, Trims: 1}, quiet),
		},
		{
			Name: "events-carry", About: "a commit with an event and one without share a log that is trimmed",
			Participants: pair()[:1], Clients: []ClientConfig{withEvent(alone(order(1, true))), alone(another())}, Events: true,
			Coordinators: coordinators(CoordinatorConfig{Trims: 2, Crashes: 1}, quiet)[:1],
		},
		{
			Name: "stop", About: "a coordinator stops in an orderly way, or is sealed before",
			Clients:      []ClientConfig{patient(1, pair())},
			Coordinators: coordinators(CoordinatorConfig{Closes: 1}, CoordinatorConfig{Seals: 1}),
		},
		{
			Name: "restored", About: "an older store is put under the stream while coordinators run; one is sealed alive",
			Participants: pair()[:1], Clients: []ClientConfig{alone(order(1, true))}, Restores: true, Asks: true,
			Coordinators: coordinators(quiet, CoordinatorConfig{Seals: 1}),
		},
		{
			Name: "forgotten", About: "an older store is put under the stream, and every coordinator restarts; the journals know better",
			Participants: pair()[:1], Clients: []ClientConfig{alone(order(1, true))}, Restores: true, Forgets: true,
			Coordinators: coordinators(quiet, quiet),
		},
		{
			Name: "replaced", About: "the stream is lost with branches in doubt, and a new one accepted",
			Participants: pair()[:1], Clients: []ClientConfig{alone(order(1, true))}, Replaces: true, Asks: true,
			Coordinators: coordinators(quiet, quiet),
		},
	})
}

// DeepConfigs are larger worlds, for a longer run.
func DeepConfigs() []Config {
	return named(pair(), []Config{
		{
			Name: "conflict", About: "two clients, one key, different content",
			Clients:      []ClientConfig{order(1, false), rival()},
			Coordinators: coordinators(CoordinatorConfig{}, CoordinatorConfig{Seals: 1}),
		},
		{
			Name: "lies-both", About: "the same as lies with both participants; no reduction of any kind",
			Clients: []ClientConfig{order(1, true)}, Exact: true, Lies: true, Asks: true,
			Coordinators: coordinators(CoordinatorConfig{}, CoordinatorConfig{Seals: 1}),
		},
		{
			Name: "crash-both", About: "both coordinators crash",
			Clients:      []ClientConfig{order(1, true)},
			Coordinators: coordinators(CoordinatorConfig{Crashes: 1}, CoordinatorConfig{Crashes: 1}),
		},
		{
			Name: "applied-both", About: "the same as applied with both participants",
			Clients:      []ClientConfig{patient(3, pair())},
			Coordinators: coordinators(CoordinatorConfig{}, CoordinatorConfig{}),
		},
		{
			Name: "forgotten-both", About: "the same as forgotten with both participants",
			Clients: []ClientConfig{order(1, true)}, Restores: true, Forgets: true,
			Coordinators: coordinators(CoordinatorConfig{}, CoordinatorConfig{}),
		},
		{
			Name: "repeat-both", About: "the same as repeat with both participants",
			Clients:      []ClientConfig{order(2, true)},
			Coordinators: coordinators(CoordinatorConfig{}, CoordinatorConfig{Seals: 1}),
		},
		{
			Name: "repeat-crash", About: "a client repeats its key while a coordinator crashes",
			Clients:      []ClientConfig{order(2, true)},
			Coordinators: coordinators(CoordinatorConfig{Crashes: 1}, CoordinatorConfig{}),
		},
		{
			Name: "lost", About: "a journal goes back to a copy and collects what it has left, while commits of what it lost are under way; no reduction",
			Participants: pair()[:1], Clients: []ClientConfig{alone(order(1, true)), alone(another())}, Copies: true, Collects: true, Exact: true,
			Coordinators: coordinators(CoordinatorConfig{}, CoordinatorConfig{})[:1],
		},
		{
			Name: "repeat-seals", About: "a client of one participant repeats its key while the coordinators seal each other",
			Participants: pair()[:1], Clients: []ClientConfig{alone(order(2, true))},
			Coordinators: coordinators(CoordinatorConfig{Seals: 1}, CoordinatorConfig{Seals: 1}),
		},
		{
			Name: "restart-seal", About: "submissions make way for each other while one coordinator is sealed",
			Clients:      []ClientConfig{order(2, true)},
			Coordinators: coordinators(CoordinatorConfig{Restarts: 1}, CoordinatorConfig{Seals: 1, Restarts: 1}),
		},
		{
			Name: "stop-crash", About: "a coordinator stops in an orderly way, and crashes before, after or meanwhile",
			Clients:      []ClientConfig{order(1, true)},
			Coordinators: coordinators(CoordinatorConfig{Closes: 1, Crashes: 1}, CoordinatorConfig{}),
		},
		{
			Name: "events-both", About: "a commit of both participants has an event, and its living coordinator is sealed or crashes",
			Clients: []ClientConfig{withEvent(order(1, true))}, Events: true,
			Coordinators: coordinators(CoordinatorConfig{Crashes: 1}, CoordinatorConfig{Seals: 1}),
		},
		{
			Name: "carry-crash", About: "two transactions of one participant share a log that is trimmed, and its owner crashes",
			Participants: pair()[:1], Clients: []ClientConfig{alone(order(1, true)), alone(another())},
			Coordinators: coordinators(CoordinatorConfig{Crashes: 1, Trims: 1}, CoordinatorConfig{}),
		},
	})
}

// named gives every configuration without participants these.
func named(participants []string, configs []Config) []Config {
	for i := range configs {
		if configs[i].Participants == nil {
			configs[i].Participants = participants
		}
	}
	return configs
}
