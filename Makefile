# Two commands matter to a newcomer: make run, make test.
SHELL := /bin/bash
GO    ?= go
export CGO_ENABLED ?= 0

.PHONY: run build assets test quick check bench fuzz screens soak lexicons quality clean

run: ## build, start everything with the demo province on an embedded database
	@scripts/run.sh

build: assets ## the binary, in bin/
	$(GO) build -trimpath -o bin/zhengshu ./cmd/zhengshu

assets: ## scripts of the console, bundled from the npm lockfile; left out aloud without Node
	@scripts/assets.sh

test: ## all tests, on both databases and in a real browser
	@scripts/test.sh

quick: ## what is fast, for a hook: under ten seconds once built
	$(GO) test -short ./internal/rules/... ./internal/calendar ./internal/authz ./internal/fault ./internal

check: ## format, vet, static analysis, floors, golden files
	@scripts/check.sh

bench: ## speeds with their ratio to a peer or to the physical limit, same run; BENCH picks some
	@scripts/bench.sh

fuzz: ## every fuzz target, FUZZTIME each (default 30s)
	@scripts/fuzz.sh

screens: assets ## every page and sample of the console in a browser: accessibility, widths, links
	$(GO) test ./e2e -run TestEvery -every -v -timeout 60m

soak: ## the long durability suites
	$(GO) test ./internal/jobs -run TestDurability -v -timeout 60m -kills 1000

lexicons: ## derive the wording packs again from DATA (see internal/check/proofread/lexicons)
	$(GO) run ./internal/check/proofread/lexicons -data "$${DATA:?set DATA to the data folder}"

quality: build ## write docs/quality.md from DATA
	bin/zhengshu quality --data-set "$${DATA:?set DATA to the data folder}" --write docs/quality.md

clean:
	rm -rf bin build
