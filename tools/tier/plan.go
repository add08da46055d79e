package main

import (
	"slices"
	"strings"
)

// step is one command of a tier.
type step struct {
	name string
	// proves is what is known when it passes, for CONTRIBUTING.md.
	proves string
	// dir is the folder of the module that it runs in, from the root.
	dir string
	// command is what to run; with packages it is go test with these flags, and
	// args are those of the test program.
	command  []string
	packages func(module []string) []string
	args     []string
	// concurrent steps next to each other run at the same time: most of their time
	// is waiting.
	concurrent bool
}

// Packages of the main module that need other treatment than most.
var (
	// plain packages are tested without the race detector. Pure code has no
	// goroutines, and what is tested end to end is the program as it is released; its
	// goroutines are watched in every other package, and in make proof.
	plain = []string{
		"test/e2e", "test/docker", "test/sim", "test/idsim", "test/chatsim",
		"coordinator/machine", "participants/machine", "idworker/lease", "chatgw/rooms/machine",
	}
	// installed packages start what make deps installs, or build and run the
	// program again and again.
	installed = []string{
		"blog", "blog/shards", "blog/blogclient", "blog/pgtest", "cmd/parley",
		"test/e2e", "test/ids", "test/chat", "test/docker", "test/hosts",
	}
	// long packages begin first, so that none is left running alone at the end.
	long = []string{
		"test/e2e", "test/docker", "cmd/parley", "test/chat", "test/ids", "chatgw/rooms",
		"participants", "coordinator", "blog/shards", "blog", "idworker", "chatgw", "internal/streams", "broker",
	}
)

// tier is a list of steps.
type tier struct {
	name, what string
	steps      []step
}

func tiers() []tier {
	return []tier{
		{"quick", "at most 2 minutes once it was built; nothing to install but Go and make", quick()},
		{"test", "about 9 minutes on two cores; installs what it needs", test()},
		{"proof", "minutes to hours; resumes where it was stopped", proof()},
	}
}

func quick() []step {
	return []step{
		{name: "format", proves: "all code is formatted by gofumpt", command: []string{"tools/format"}},
		{name: "lint-changed", proves: "go vet and staticcheck find nothing in packages that differ from the main branch", command: []string{"tools/lint", "changed"}},
		{
			name: "unit", proves: "every package that needs no browser, container or database passes, without the race detector; what did not change is not run again",
			command: goTest("-short", "-p", "4", "-timeout", "4m"), packages: without(installed),
		},
		{name: "chaos-parts", proves: "what plans and judges chaos passes its tests", dir: "test/chaos", command: goTest("-short", "-count=1", "-timeout", "4m"), packages: without([]string{"test/chaos"})},
		{name: "page-modules", proves: "the page's modules pass their tests in a JavaScript engine written in Go", dir: "test/modules", command: goTest("-count=1", "-timeout", "10m"), packages: all},
		{name: "tools", proves: "the tiers name every package and every variant", dir: "tools", command: goTest("-short", "-count=1", "-timeout", "10m"), packages: all},
	}
}

func test() []step {
	return []step{
		install(),
		{name: "format", proves: "all code is formatted by gofumpt", command: []string{"tools/format"}},
		{name: "lint", proves: "go vet and staticcheck find nothing, in every module", command: []string{"tools/lint"}},
		{
			name: "plain", proves: "small worlds of transactions, IDs and rooms have no state that breaks a promise, random large ones neither; a broken variant of each is caught; the program as it is released: killed at every durable step, restarted, on full disks and older stores, in containers",
			command: goTest("-vet=off", "-shuffle=on", "-p", "4", "-timeout", "20m"), packages: only(plain),
		},
		{
			name: "packages", proves: "every other package passes with the race detector, also in the processes that it starts, in random order, and leaves no goroutine; real brokers and databases",
			command: goTest("-vet=off", "-race", "-shuffle=on", "-p", "4", "-timeout", "30m"), packages: without(plain),
			concurrent: true,
		},
		{name: "chaos", proves: "a busy cluster is broken for a minute, and no promise with it; a broken variant of the product is caught", dir: "test/chaos", command: goTest("-race", "-shuffle=on", "-timeout", "20m"), packages: all, concurrent: true},
		{name: "browser", proves: "the page does in Chromium what it should: with two people, without a network, while gateways and the broker are killed", dir: "test/browser", command: goTest("-vet=off", "-race", "-shuffle=on", "-timeout", "20m"), packages: all, concurrent: true},
		{name: "bench", proves: "the benchmarks of other modules compile and measure what they claim", dir: "bench", command: goTest("-race", "-shuffle=on", "-timeout", "20m"), packages: all},
		{name: "power", proves: "nothing acknowledged is lost when the power fails", dir: "test/power", command: goTest("-race", "-shuffle=on", "-timeout", "20m"), packages: all},
		{name: "page-modules", proves: "the page's modules pass their tests in a JavaScript engine written in Go, too", dir: "test/modules", command: goTest("-count=1", "-timeout", "10m"), packages: all},
		{name: "mappers", proves: "code of sqlc and the mapper bun run inside a participant, which passes the conformance suite", dir: "test/mappers", command: goTest("-race", "-shuffle=on", "-timeout", "10m"), packages: all},
		{name: "tools", proves: "the tiers name every package and every variant; the module can be given another path", dir: "tools", command: goTest("-count=1", "-timeout", "10m"), packages: all},
	}
}

func proof() []step {
	deep := func(name, proves, pkg string, args ...string) step {
		return step{name: name, proves: proves, command: goTest("-timeout", "6h"), packages: only([]string{pkg}), args: args}
	}
	return []step{
		install(),
		deep("transactions-explored", "the larger worlds of the commit protocol, and every broken variant is caught", "test/sim", "-deep"),
		deep("ids-explored", "the larger worlds of worker leases, and every broken variant is caught", "test/idsim", "-deep"),
		deep("rooms-explored", "the larger worlds of rooms and presence, and every broken variant is caught", "test/chatsim", "-deep"),
		deep("crashes", "each row of the crash table, several times", "test/e2e", "-long", "-test.run", "TestCrashPoints"),
		{name: "end-to-end-watched", proves: "every end-to-end test with the race detector in every process", command: goTest("-race", "-shuffle=on", "-timeout", "6h"), packages: only([]string{"test/e2e"})},
		{name: "chaos", proves: "a busy cluster, every broken variant of the product, every scene and every outage", dir: "test/chaos", command: goTest("-count=1", "-timeout", "6h"), packages: only([]string{"test/chaos"}), args: []string{"-deep"}},
		deep("ids-under-faults", "ten idworkers that compete for seven numbers, for two minutes and 100 million IDs", "test/ids", "-least", "2m", "-count", "100000000"),
		deep("chat-under-faults", "clients of rooms while gateways, leaders and a lone broker die", "test/chat", "-deep"),
		{name: "page-under-faults", proves: "browsers that read back through 10,000 messages while gateways and the broker die", dir: "test/browser", command: goTest("-count=1", "-timeout", "6h", "-run", "TestPageUnderFaults"), packages: only([]string{""}), args: []string{"-before", "10000"}},
		deep("containers", "the image as the Dockerfile compiles it, by both builders", "test/docker", "-test.run", "^TestBuilders$", "-deep"),
		{name: "power-often", proves: "sixty power failures, and every variant that acknowledges without syncing is found out", dir: "test/power", command: goTest("-count=1", "-timeout", "6h"), packages: only([]string{"test/power"}), args: []string{"-deep", "-rounds", "60"}},
		{name: "another-path", proves: "with another module path make quick passes", dir: "tools", command: goTest("-count=1", "-timeout", "1h", "-run", "TestAnotherModulePath"), packages: only([]string{"tools/tier"}), args: []string{"-deep"}},
		{name: "fuzz", proves: "every decoder withstands half a minute of fuzzing", command: []string{"tools/fuzz", "30s"}},
	}
}

func install() step {
	return step{name: "install", proves: "what the tests need besides Go is installed: a C compiler, Chromium, PostgreSQL, Docker, Python with a WebSocket library", command: []string{"tools/deps"}}
}

func goTest(flags ...string) []string { return append([]string{"go", "test", "-json"}, flags...) }

// all packages of a module.
func all(module []string) []string { return module }

// only these packages, each named by its folder from the root; without, all others.
// The long ones come first.
func only(names []string) func([]string) []string    { return chosen(names, true) }
func without(names []string) func([]string) []string { return chosen(names, false) }

func chosen(names []string, in bool) func([]string) []string {
	return func(module []string) []string {
		rest := slices.DeleteFunc(slices.Clone(module), func(pkg string) bool { return slices.Contains(names, folder(pkg)) != in })
		slices.SortStableFunc(rest, func(a, b string) int { return rank(a) - rank(b) })
		return rest
	}
}

func rank(pkg string) int {
	if i := slices.Index(long, folder(pkg)); i >= 0 {
		return i
	}
	return len(long)
}

// folder is that of a package, from the root.
func folder(pkg string) string { return strings.TrimPrefix(pkg, "parley/") }
