package idsim

// Configs are the worlds that are explored by every run of the tests.
func Configs() []Config {
	return usual([]Config{
		{
			Name: "silence", About: "answers get lost, writes come late, a read is stale",
			Until: begin + 8,
			May:   Troubles{Silences: 2, Stale: 1},
		},
		{
			Name: "crash", About: "processes crash and start again, an answer gets lost",
			Until: begin + 7,
			May:   Troubles{Crashes: 2, Silences: 1},
		},
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
		{
			Name: "drain", About: "numbers are handed over, an answer gets lost",
			Until: begin + 5,
			May:   Troubles{Drains: 1, Silences: 1},
		},
		{
			Name: "retire", About: "an operator retires a number that is in use",
			Until: begin + 8, Small: true,
			May: Troubles{Retires: 1, Stale: 1},
		},
		{
			Name: "retire-twice", About: "the same twice",
			Until: begin + 8,
			May:   Troubles{Retires: 2},
		},
		{
			Name: "numbers", About: "three processes, two numbers",
			Processes: 3, Numbers: 2, Starts: []int{0, 0, 1}, Until: begin + 8,
		},
		{
			Name: "poisoned", About: "one of two numbers is reserved far into the future",
			Numbers: 2, Poisoned: []int{0}, Until: begin + 7,
			May: Troubles{Crashes: 1, Stale: 1},
		},
		{
			Name: "lost", About: "the lease stream is lost and recreated",
			Until: begin + 5,
			May:   Troubles{Lost: 1, Stops: 1},
		},
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
		{
			Name: "stop", About: "a process is stopped past its lease and goes on, while an answer gets lost",
			Until: begin + 7,
			May:   Troubles{Stops: 1, Silences: 1},
		},
		{
			Name: "silence-longer", About: "the same as silence, for longer",
			Until: begin + 9,
			May:   Troubles{Silences: 2, Stale: 1},
		},
		{
			Name: "drain-longer", About: "the same as drain, for longer",
			Until: begin + 6,
			May:   Troubles{Drains: 1, Silences: 1},
		},
		{
			Name: "drain-twice", About: "both processes hand over, or one does twice",
			Until: begin + 5,
			May:   Troubles{Drains: 2},
		},
		{
			Name: "anytime-stale", About: "everything takes as long as it likes, a read is stale",
			Until: begin + 4, AnyTime: true,
			May: Troubles{Stale: 1},
		},
		{
			Name: "stop-longer", About: "the same as stop, for longer",
			Until: begin + 9,
			May:   Troubles{Stops: 1, Silences: 1},
		},
		{
			Name: "stop-crash", About: "a process is stopped, one crashes",
			Until: begin + 8,
			May:   Troubles{Stops: 1, Crashes: 1},
		},
		{
			Name: "stop-stale", About: "a process is stopped, a read is stale",
			Until: begin + 8,
			May:   Troubles{Stops: 1, Stale: 1},
		},
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
		{
			Name: "drain-stop", About: "numbers are handed over while a process is stopped",
			Until: begin + 6,
			May:   Troubles{Drains: 1, Stops: 1},
		},
		{
			Name: "drain-longer", About: "the same as drain, for longer",
			Until: begin + 9,
			May:   Troubles{Drains: 1, Silences: 1},
		},
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
