package idsim

// Configs are the worlds that are explored by every run of the tests.
func Configs() []Config {
	return usual([]Config{
		contend("silence", "answers get lost, writes come late, a read is stale", begin+8, Troubles{Silences: 2, Stale: 1}),
		contend("crash", "processes crash and start again, an answer gets lost", begin+7, Troubles{Crashes: 2, Silences: 1}),
		{
			Name: "clocks", About: "clocks jump, a little back and far ahead",
			Until: begin + 7, Offsets: []int64{0, -3, 50},
			May: Troubles{Jumps: 2},
		},
		{
			Name: "alone", About: "one process makes IDs again and again while its clock jumps",
			Processes: 1, Takes: 3, Until: begin + 6, Offsets: []int64{0, -3, 50}, Small: true,
			May: Troubles{Jumps: 2},
		},
		contend("drain", "numbers are handed over, an answer gets lost", begin+5, Troubles{Drains: 1, Silences: 1}),
		{
			Name: "retire", About: "an operator retires a number that is in use",
			Until: begin + 8, Small: true,
			May: Troubles{Retires: 1, Stale: 1},
		},
		contend("retire-twice", "the same twice", begin+8, Troubles{Retires: 2}),
		{
			Name: "numbers", About: "three processes, two numbers",
			Processes: 3, Numbers: 2, Starts: []int{0, 0, 1}, Until: begin + 8,
		},
		{
			Name: "poisoned", About: "one of two numbers is reserved far into the future",
			Numbers: 2, Poisoned: []int{0}, Until: begin + 7,
			May: Troubles{Crashes: 1, Stale: 1},
		},
		contend("lost", "the lease stream is lost and recreated", begin+5, Troubles{Lost: 1, Stops: 1}),
		{
			Name: "unverified", About: "the broker forgets what it acknowledged",
			Until: begin + 9, Unverified: true, Small: true,
			May: Troubles{Cuts: 1},
		},
	})
}

// DeepConfigs are larger worlds, for a longer run.
func DeepConfigs() []Config {
	return usual([]Config{
		{
			Name: "anytime-silence", About: "everything takes as long as it likes, with no reduction of any kind; an answer gets lost",
			Until: begin + 3, AnyTime: true,
			May: Troubles{Silences: 1},
		},
		{
			Name: "anytime", About: "the same for a longer time, without the loss",
			Until: begin + 4, AnyTime: true,
		},
		contend("stop", "a process is stopped past its lease and goes on, while an answer gets lost", begin+7, Troubles{Stops: 1, Silences: 1}),
		contend("silence-longer", "the same as silence, for longer", begin+9, Troubles{Silences: 2, Stale: 1}),
		contend("drain-longer", "the same as drain, for longer", begin+6, Troubles{Drains: 1, Silences: 1}),
		contend("drain-twice", "both processes hand over, or one does twice", begin+5, Troubles{Drains: 2}),
		{
			Name: "anytime-stale", About: "everything takes as long as it likes, a read is stale",
			Until: begin + 4, AnyTime: true,
			May: Troubles{Stale: 1},
		},
		contend("stop-longer", "the same as stop, for longer", begin+9, Troubles{Stops: 1, Silences: 1}),
		contend("stop-crash", "a process is stopped, one crashes", begin+8, Troubles{Stops: 1, Crashes: 1}),
		contend("stop-stale", "a process is stopped, a read is stale", begin+8, Troubles{Stops: 1, Stale: 1}),
		{
			Name: "crash-longer", About: "the same as crash, with IDs made twice by each process",
			Until: begin + 9, Takes: 2,
			May: Troubles{Crashes: 2},
		},
		{
			Name: "clocks-stop", About: "a process is stopped, a clock jumps",
			Until: begin + 6, Offsets: []int64{-3, 3, 50},
			May: Troubles{Jumps: 1, Stops: 1},
		},
		contend("drain-stop", "numbers are handed over while a process is stopped", begin+6, Troubles{Drains: 1, Stops: 1}),
		contend("drain-longest", "the same as drain, for longer still", begin+9, Troubles{Drains: 1, Silences: 1}),
		{
			Name: "numbers-silence", About: "three processes, two numbers, an answer gets lost",
			Processes: 3, Numbers: 2, Starts: []int{0, 0, 1}, Until: begin + 5,
			May: Troubles{Silences: 1},
		},
		{
			Name: "unverified-twice", About: "the broker forgets twice",
			Until: begin + 9, Unverified: true,
			May: Troubles{Cuts: 2},
		},
		{
			Name: "unverified-stop", About: "the broker forgets while a process is stopped",
			Until: begin + 8, Unverified: true,
			May: Troubles{Cuts: 1, Stops: 1},
		},
		{
			Name: "unverified-crash", About: "the broker forgets, a process crashes",
			Until: begin + 9, Unverified: true,
			May: Troubles{Cuts: 1, Crashes: 1},
		},
		{
			Name: "unverified-silence", About: "the broker forgets, an answer gets lost",
			Until: begin + 8, Unverified: true,
			May: Troubles{Cuts: 1, Silences: 1},
		},
	})
}

// contend is a world with nothing special but its troubles.
func contend(name, about string, until int64, may Troubles) Config {
	return Config{Name: name, About: about, Until: until, May: may}
}

// usual gives every configuration what most have in common: two processes that
// compete for one number and make IDs once.
func usual(configs []Config) []Config {
	for i := range configs {
		c := &configs[i]
		if c.Processes == 0 {
			c.Processes = 2
		}
		if c.Numbers == 0 {
			c.Numbers = 1
		}
		if c.Starts == nil {
			c.Starts = make([]int, c.Processes)
		}
		if c.Takes == 0 {
			c.Takes = 1
		}
	}
	return configs
}
