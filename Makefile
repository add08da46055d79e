.DEFAULT_GOAL := help
.PHONY: help run build test deps check unit sim crash bench fuzz fmt clean

# Tools for checking are pinned in a module of their own, so that who imports
# Parley does not get them.
tool := go tool -modfile=tools/go.mod

# Proofs that count states take long enough without the race detector; what
# they run is pure. They and the crash tests print tables, so they are run apart.
pure := parley/test/sim parley/test/idsim parley/test/chatsim \
	parley/coordinator/machine parley/participants/machine parley/idworker/lease parley/chatgw/rooms/machine
apart := parley/test/e2e parley/test/ids parley/test/chat
race = $(filter-out $(pure) $(apart),$(shell go list ./... 2>/dev/null))

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build and run everything in one process, with the page at http://127.0.0.1:8080/
	./parley up

build: ## Build ./parley
	go build -o parley ./cmd/parley

test: deps check sim unit crash ## Install what the tests need, and run everything that must pass

deps: ## Install what the tests need besides Go: a C compiler, PostgreSQL, Chromium
	@tools/deps
	@tools/deps-postgres

check: ## Lint: format, vet, staticcheck
	@unformatted="$$($(tool) gofumpt -l .)"; if [ -n "$$unformatted" ]; then echo "run make fmt for:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(tool) staticcheck ./...
	cd bench && go vet ./... && go tool -modfile=../tools/go.mod staticcheck ./...

unit: ## Run the tests with the race detector, in random order
	go test -race -shuffle=on -timeout 8m $(race)
	cd bench && go test -race -shuffle=on ./...

sim: ## Explore the protocol's states and simulate large systems
	go test -v -timeout 8m $(pure)

crash: ## Kill processes, stop them, turn their clocks, and show what held
	go test -race -shuffle=on -v -timeout 8m $(apart)

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
