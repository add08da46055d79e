.DEFAULT_GOAL := help
.PHONY: help run run-cluster build quick test proof deps check chaos soak bench fuzz module fmt clean

# Tools are pinned in a module of their own, so that who imports Parley does not
# get them. tier runs the steps of quick, test and proof; they are data, in
# tools/tier/plan.go.
tool := go tool -modfile=tools/go.mod
tier := go -C tools run ./tier

# How long make chaos breaks things, by which seed (0 takes a new one), and where
# it leaves its report.
DURATION ?= 2m
SEED ?= 0
REPORTS ?= $(CURDIR)/parley-chaos

# What make soak repeats, and how often under each load.
PKG ?= ./coordinator
TEST ?= .
COUNT ?= 10

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build and run everything in one process, with the page at http://127.0.0.1:8080/
	./parley up

run-cluster: build ## Build and run a cluster of three brokers and ten other processes on this machine
	./parley cluster

build: ## Build ./parley
	go build -o parley ./cmd/parley

quick: ## Find most mistakes in two minutes, with nothing to install: what changed is linted and tested
	@$(tier) quick $(STEPS)

test: ## Install what the tests need, and run everything that must pass: nine minutes
	@$(tier) test $(STEPS)

proof: ## What takes too long for every change, minutes to hours; run it again to resume
	@$(tier) proof $(STEPS)

deps: ## Install what the tests need besides Go: a C compiler, PostgreSQL, Chromium, Docker
	@tools/deps

check: ## Lint: format, vet, staticcheck
	@tools/format
	@tools/lint

chaos: ## Break a busy cluster at random and check everything: DURATION=2m SEED=0
	cd test/chaos && go test . -count=1 -timeout 0 -v -run '^TestChaos$$' -for $(DURATION) -seed $(SEED) -progress -keep $(REPORTS)

soak: ## Repeat tests under load and show which fail: PKG=./coordinator TEST=. COUNT=10
	@$(tier) soak -pkg $(PKG) -run '$(TEST)' -count $(COUNT)

bench: build ## Measure this machine: transactions, IDs beside others, keys, chat
	./parley bench tx
	./parley bench tx --inflight 1
	./parley bench id
	cd bench && go run ./ids
	cd bench && go run ./keys
	./parley bench chat

fuzz: ## Fuzz every decoder for a few seconds each
	@tools/fuzz 5s

module: ## Give the Go module another path: MODULE=host.example/you/parley
	@tools/module '$(MODULE)'

fmt: ## Format all code
	$(tool) gofumpt -w .

clean: ## Remove what make built; data in ./parley-data stays
	rm -rf parley .tier
	go clean -testcache
