#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME each; one that fails does not keep the others from
# their turn. Inputs are made smaller in a hundred tries, not in a minute: that would be
# the whole of a target's time where the inputs are large.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=()
for pkg in $(go list ./...); do
  listed=$(go test -list '^Fuzz' "$pkg")
  for target in $(grep '^Fuzz' <<<"$listed" || true); do
    echo "$pkg $target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-30s}" -fuzzminimizetime 100x "$pkg" || failed+=("$pkg $target")
  done
done
if ((${#failed[@]})); then
  printf 'failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
