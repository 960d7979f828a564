#!/usr/bin/env bash
# All benchmarks, on both databases. Filling a province three times the true
# size takes longer than to measure it.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
. scripts/postgres.sh
cd bench
go test -run '^$' -bench "${BENCH:-.}" -benchtime 2s -timeout 180m ./...
