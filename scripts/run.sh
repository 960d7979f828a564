#!/usr/bin/env bash
# Builds and starts everything with the demo province, and prints how long each
# step took, down to the first page.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
command -v go >/dev/null 2>&1 || { echo "make run needs Go 1.26 or newer: install it from your distribution or go.dev." >&2; exit 1; }
# healthy asks for the first page with the shell alone: curl may be missing.
healthy() {
  local line
  exec 3<>"/dev/tcp/${addr%:*}/${addr##*:}" || return 1
  printf 'GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
  IFS= read -r -t 5 line <&3 || line=
  exec 3>&- 3<&-
  [[ $line == *" 200 "* ]]
}
step "bundle scripts" scripts/assets.sh
step "build binary" go build -trimpath -o bin/zhengshu ./cmd/zhengshu
data=${ZHENGSHU_DATA_DIR:-build/demo}
mkdir -p "$data"
addr=${ADDR:-127.0.0.1:8080}
start=$(date +%s%N)
bin/zhengshu serve --demo --data "$data" --addr "$addr" &
pid=$!
trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null || true' EXIT INT TERM
for _ in $(seq 240); do
  kill -0 "$pid" 2>/dev/null || { wait "$pid"; exit 1; }
  if (healthy) 2>/dev/null; then
    printf '%-44s %6.1f s\n' "start to first page" "$(( ($(date +%s%N) - start) / 100000000 ))e-1" >&2
    break
  fi
  sleep 0.25
done
echo >&2
echo "  政枢 Zhengshu: http://localhost:${addr##*:}   （演示系统，Ctrl+C 停止）" >&2
wait "$pid"
