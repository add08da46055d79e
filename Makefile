.DEFAULT_GOAL := help
.PHONY: help run build test deps check unit sim crash bench fuzz fmt clean

# Tools for checking are pinned in a module of their own, so that who imports
# Parley does not get them.
tool := go tool -modfile=tools/go.mod

# Proofs that count states take long enough without the race detector; what
# they run is pure. They and the crash tests print tables, so they are run apart.
pure := parley/test/sim parley/coordinator/machine parley/participants/machine
race = $(filter-out $(pure) parley/test/e2e,$(shell go list ./... 2>/dev/null))

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build and run everything: broker, coordinator, inventory, delivery
	./parley up

build: ## Build ./parley
	go build -o parley ./cmd/parley

test: deps check sim unit crash ## Install what the tests need, and run everything that must pass

deps: ## Install what the tests need besides Go: a C compiler, for the race detector
	@tools/deps

check: ## Lint: format, vet, staticcheck
	@unformatted="$$($(tool) gofumpt -l .)"; if [ -n "$$unformatted" ]; then echo "run make fmt for:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(tool) staticcheck ./...

unit: ## Run the tests with the race detector, in random order
	go test -race -shuffle=on -timeout 8m $(race)

sim: ## Explore the protocol's states and simulate large systems
	go test -v -timeout 8m $(pure)

crash: ## Kill processes at every durable step and show the table
	go test -race -shuffle=on -v -timeout 8m ./test/e2e

bench: build ## Measure how fast this machine commits
	./parley bench tx
	./parley bench tx --inflight 1

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
