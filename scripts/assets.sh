#!/usr/bin/env bash
# Bundles the console's scripts. Every page works without them, so a machine
# without Node only loses comfort, and is told so.
set -euo pipefail
cd "$(dirname "$0")/.."
stamp=assets/built/.stamp
sum=$(find assets/package-lock.json assets/src assets/bundle -type f | LC_ALL=C sort | xargs cat | cksum | cut -d' ' -f1)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ] && exit 0
if ! command -v npm >/dev/null 2>&1; then
  echo "npm not found: the console runs in its plain form (install Node 20 or newer for the scripts)." >&2
  exit 0
fi
(cd assets && npm ci --ignore-scripts --no-audit --no-fund --silent)
go run ./assets/bundle
echo "$sum" >"$stamp"
