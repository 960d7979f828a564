#!/usr/bin/env bash
# Format, vet, static analysis, the house's own laws.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
formatted() { local bad; bad=$(gofmt -l $(git ls-files '*.go')); [ -z "$bad" ] || { echo "not gofmt-clean:"; echo "$bad"; return 1; }; }
tidy() { go mod tidy -diff; }
step "gofmt" formatted
step "go.mod tidy" tidy
step "go vet" go vet ./...
# A module of its own: its peers never become dependencies of the product.
step "go vet bench" go -C bench vet ./...
step "staticcheck" go tool staticcheck ./...
# -short leaves out knocking at every door, which the tests do.
step "floors, symbols, scope, routes, matrix" go test -short -timeout 10m ./internal
