.DEFAULT_GOAL := help
.PHONY: help run run-cluster build test deps check unit sim crash proof chaos bench fuzz fmt clean

# Tools for checking are pinned in a module of their own, so that who imports
# Parley does not get them.
tool := go tool -modfile=tools/go.mod

# Proofs that count states take long enough without the race detector; what
# they run is pure. They and the crash tests print tables, so they are run apart;
# those that hold the program to times are run alone.
pure := parley/test/sim parley/test/idsim parley/test/chatsim \
	parley/coordinator/machine parley/participants/machine parley/idworker/lease parley/chatgw/rooms/machine
alone := parley/test/e2e
apart := parley/test/ids parley/test/chat parley/test/chaos parley/test/docker

# How long make chaos breaks things, by which seed (0 takes a new one), and where
# it leaves its report.
DURATION ?= 2m
SEED ?= 0
REPORTS ?= $(CURDIR)/parley-chaos
race = $(filter-out $(pure) $(alone) $(apart),$(shell go list ./... 2>/dev/null))

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build and run everything in one process, with the page at http://127.0.0.1:8080/
	./parley up

run-cluster: build ## Build and run a cluster of three brokers and ten other processes on this machine
	./parley cluster

build: ## Build ./parley
	go build -o parley ./cmd/parley

test: deps check sim unit crash ## Install what the tests need, and run everything that must pass

deps: ## Install what the tests need besides Go: a C compiler, PostgreSQL, Chromium, Docker
	@tools/deps
	@tools/deps-postgres
	@tools/deps-docker

check: ## Lint: format, vet, staticcheck
	@unformatted="$$($(tool) gofumpt -l .)"; if [ -n "$$unformatted" ]; then echo "run make fmt for:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(tool) staticcheck ./...
	cd bench && go vet ./... && go tool -modfile=../tools/go.mod staticcheck ./...
	cd test/power && go vet ./... && go tool -modfile=../../tools/go.mod staticcheck ./...

# Three packages at a time: much of their time is waiting.
unit: ## Run the tests with the race detector, in random order
	go test -p 3 -race -shuffle=on -timeout 8m $(race)
	cd bench && go test -race -shuffle=on ./ids ./internal/... && go test -shuffle=on ./keys
	cd test/power && go test -race -shuffle=on ./disk ./mount

sim: ## Explore the protocol's states and simulate large systems
	go test -p 3 -v -timeout 8m $(pure)

crash: ## Kill processes, stop them, turn their clocks, and show what held
	go test -race -shuffle=on -v -timeout 8m $(alone)
	go test -race -shuffle=on -v -timeout 8m $(apart)
	cd test/power && go test -race -v -timeout 8m .

proof: ## What takes too long for every change: larger worlds, every variant, longer faults
	go test -v -timeout 2h parley/test/sim parley/test/idsim -deep
	go test -race -v -timeout 1h parley/test/chaos -deep
	go test -race -v -timeout 1h parley/test/ids -least 2m
	go test -race -v -timeout 1h parley/test/chat -deep -before 10000
	cd test/power && go test -race -v -timeout 1h . -rounds 60

chaos: ## Break a busy cluster at random and check everything: DURATION=2m SEED=0
	go test ./test/chaos -count=1 -timeout 0 -v -run '^TestChaos$$' -for $(DURATION) -seed $(SEED) -progress -keep $(REPORTS)

bench: build ## Measure this machine: transactions, IDs beside others, keys, chat
	./parley bench tx
	./parley bench tx --inflight 1
	./parley bench id
	cd bench && go run ./ids
	cd bench && go run ./keys
	./parley bench chat

fuzz: ## Fuzz every decoder for a few seconds each
	@for pkg in $$(go list ./...); do \
		for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			go test -run '^$$' -fuzz "^$$f$$" -fuzztime 5s $$pkg || exit 1; \
		done; \
	done

fmt: ## Format all code
	$(tool) gofumpt -w .

clean: ## Remove what make built; data in ./parley-data stays
	rm -f parley
	go clean -testcache
