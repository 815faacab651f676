# outlocal's build. `make` alone lists the targets.
#
# Only Go, make and git are needed, but for some targets: `race` wants a C
# compiler, `lint` builds its linter from the module in tools/ on first use,
# `interop` wants npm and the SDKs, `npm` and `npm-test` want npm.

GO ?= go

# Nothing here needs cgo. Switched off, every machine makes the same static
# binary and the tests run without a C compiler; `race` alone switches it on.
export CGO_ENABLED = 0

# Go's own version stamp ends a build where git refuses to answer, as in a
# container that mounts somebody else's checkout: the linker is told instead.
# A source tree without git builds as "dev".
export GOFLAGS += -buildvcs=false

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)

# No package's tests take a minute; one that hangs must not take ten.
TIMEOUT := -timeout 3m

# Files that `make generate` writes and that are committed.
GENERATED := docs/coverage.md docs/findings docs/schemas docs/api.txt

# The systems that a release is built for, and the one that each change is
# compiled for: what differs by system differs between Windows and the others.
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
FOREIGN := windows/amd64

# What runs under the race detector, and the part of it that each change does:
# where goroutines meet. The others' tests play the same code from further off.
RACED := ./...
CONCURRENT := ./emulator/... ./receiver/... ./subscriber/... ./tunnel/... ./journal/... ./control/... \
	./internal/clock ./internal/serve ./internal/pipenet ./internal/proxy ./internal/localca

LINTER := bin/golangci-lint

# How many random walks a soak takes, and how often it opens tunnels and loses them in every way.
SOAK ?= 40
SOAK_TUNNEL ?= 200

.DEFAULT_GOAL := help
.PHONY: help build test race fuzz-seeds fmt vet lint generate coverage drift cross check bench soak interop dist npm npm-test demo clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build ./outlocal
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o outlocal .

test: ## run all tests (needs nothing but Go, make and git)
	$(GO) test $(TIMEOUT) ./...

race: ## run all tests under the race detector (needs a C compiler); RACED='PACKAGES'
	@.ci/ensure gcc
	CGO_ENABLED=1 $(GO) test $(TIMEOUT) -race $(RACED)

fuzz-seeds: ## play the seeds of all fuzz targets; a target without seeds fails
	$(GO) test $(TIMEOUT) -run '^(Fuzz.*|TestFuzzTargetsHaveSeeds)$$' ./...

fmt: ## fail, naming the files, where gofmt would change something
	@bad=$$(gofmt -l .) && if [ -n "$$bad" ]; then \
		echo "not formatted (run gofmt -w on them):"; echo "$$bad"; exit 1; fi

vet: ## run go vet
	$(GO) vet ./...

lint: $(LINTER) ## run the linter, configured in .golangci.yml
	$(LINTER) run ./...

# Built rather than run through `go tool`, so that its hundred modules never
# meet the ones of the program, and a second run costs nothing.
$(LINTER): tools/go.mod tools/go.sum
	$(GO) build -C tools -o ../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

generate: ## write the generated files anew
	$(GO) run ./internal/coverage
	$(GO) run ./internal/findings
	@rm -f docs/schemas/*.json # one that nothing prints any more would stay
	$(GO) run . schema --write docs/schemas
	$(GO) run ./internal/goapi

coverage: ## check that every rule of docs/protocol.md is tested, or said not to be emulated
	$(GO) run ./internal/coverage -check

drift: coverage ## fail where a generated file, go.mod or go.sum is out of date
	@$(MAKE) --no-print-directory generate
	@git diff --exit-code --stat -- $(GENERATED) && test -z "$$(git ls-files --others --exclude-standard -- $(GENERATED))" || \
		{ echo "out of date: run make generate and commit what it wrote"; exit 1; }
	$(GO) mod tidy -diff

cross: ## compile for Windows; CROSS=all for every system of a release
	@for platform in $(if $(filter all,$(CROSS)),$(PLATFORMS),$(FOREIGN)); do \
		echo "compile for $$platform"; \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) build ./... || exit 1; \
	done
	@echo "compile and test without ngrok"
	@$(GO) build -tags notunnel ./... && $(GO) test $(TIMEOUT) -tags notunnel ./tunnel

check: fmt vet test fuzz-seeds drift cross lint ## all of that, race where goroutines meet: what CI runs
	@$(MAKE) --no-print-directory race RACED='$(CONCURRENT)'

bench: build ## compare all of it with bare loops, in some minutes; BENCH_JSON=FILE, BENCH='-only P1,P2'
	@mkdir -p bin
	$(GO) build -o bin/bench ./emulator/internal/bench
	bin/bench -program ./outlocal $(BENCH)

# rapid's walks are random from a seed that it prints; more of them, and longer ones, than a check has time for.
soak: ## walk at random through everything, with a million subscriptions and ten thousand webhooks; tunnels 200 times
	OUTLOCAL_SOAK=1 $(GO) test -timeout 15m -count 1 -run 'TestMany' -v ./emulator
	@.ci/ensure gcc
	OUTLOCAL_SOAK=1 CGO_ENABLED=1 $(GO) test -race -timeout 30m -count 1 -run 'TestNothingIsLost' -v ./emulator -rapid.checks=$(SOAK) -rapid.steps=60
	OUTLOCAL_SOAK=1 CGO_ENABLED=1 $(GO) test -race -timeout 120m -count $(SOAK_TUNNEL) ./tunnel/...

# The SDKs come from their registries, and Go's takes minutes to build at first: that is more than a check may need.
interop: ## try Microsoft's SDKs, unmodified (needs npm and the network); INTEROP='-v -only pnp-graph'
	@.ci/ensure npm
	$(GO) run ./interop $(INTEROP)

# The moment of everything in the archives is the commit's, so that the same commit makes the same bytes.
dist: ## build what is released, with checksums, and check it (cold: ten minutes on two cores); DIST='-only linux'
	$(GO) run ./internal/dist -version '$(VERSION)' -epoch "$$(git log -1 --format=%ct 2>/dev/null || echo 0)" $(DIST)

npm: dist ## pack the npm packages of a release into dist/npm
	@.ci/ensure npm
	@for package in dist/npm/*/; do npm pack --pack-destination dist/npm "./$$package" || exit 1; done

npm-test: ## try the npm package with node:test, vitest, jest and tsc (needs npm and the network)
	@.ci/ensure npm
	$(GO) run ./internal/dist -version '$(VERSION)' -o bin/npm-test -only "$$($(GO) env GOOS)/$$($(GO) env GOARCH)"
	npm/try.sh bin/npm-test

demo: ## watch an emulator and a webhook play the whole loop
	$(GO) run . demo

clean: ## remove what was built here
	rm -rf outlocal bin dist
