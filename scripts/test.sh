#!/usr/bin/env bash
# All tests. Brings npm, PostgreSQL, Chromium and a Chinese font from the
# distribution's packages when they are missing and that is allowed; otherwise
# names the package and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/need.sh
need npm npm "the console's scripts, which the journeys press,"
scripts/assets.sh
. scripts/scratch.sh
. scripts/postgres.sh

# The journeys take any of these.
[ -n "${CHROMIUM:-}" ] || have chromium-browser || have google-chrome || need chromium chromium "the browser journeys"
# The same browser without its windows, where the distribution has it: a third
# less of the browser's work.
if [ -z "${CHROMIUM:-}" ] && ! have chromium-headless-shell && apt-cache show chromium-headless-shell >/dev/null 2>&1; then
  bring chromium-headless-shell "quicker browser journeys"
fi
# font: one that internal/official can set a PDF in.
font() { [ -n "${ZHENGSHU_FONT:-}" ] || compgen -G "/usr/share/fonts/truetype/wqy/*.ttc" >/dev/null; }
font || bring fonts-wqy-microhei "PDFs and screenshots"
font || echo "no Chinese TrueType font (apt-get install fonts-wqy-microhei): PDFs are not tested, and screenshots show boxes." >&2
# No vet here: make check runs all of it. The journeys wait for their browser a
# third of the time: one package more than there are cores runs beside them.
step "all tests" go test -vet=off -timeout 45m -p $(($(getconf _NPROCESSORS_ONLN) + 1)) ${TESTFLAGS:-} ./...
